package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const lifetime = 30 * 24 * time.Hour

// certificate returns one for a host, signed by an authority whose own is at
// a path; that is made when it is not there, so that a restart changes it not.
func certificate(dir, path, host string) tls.Certificate {
	authority, signer := loadAuthority(dir, path)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	leaf := template("vcenter")
	leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	leaf.KeyUsage = x509.KeyUsageDigitalSignature
	leaf.DNSNames = []string{"localhost"}
	if ip := net.ParseIP(host); ip != nil {
		leaf.IPAddresses = []net.IP{ip}
	} else {
		leaf.DNSNames = append(leaf.DNSNames, host)
	}
	der, err := x509.CreateCertificate(
		rand.Reader, leaf, authority, &key.PublicKey, signer)
	check(err)
	return tls.Certificate{
		Certificate: [][]byte{der, authority.Raw}, PrivateKey: key}
}

func loadAuthority(dir, path string) (*x509.Certificate, *ecdsa.PrivateKey) {
	keyPath := filepath.Join(dir, "ca.key")
	pair, err := tls.LoadX509KeyPair(path, keyPath)
	if err == nil {
		made, err := x509.ParseCertificate(pair.Certificate[0])
		check(err)
		return made, pair.PrivateKey.(*ecdsa.PrivateKey)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	root := template("authority of a simulated vCenter")
	root.IsCA, root.BasicConstraintsValid = true, true
	root.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	der, err := x509.CreateCertificate(
		rand.Reader, root, root, &key.PublicKey, key)
	check(err)
	secret, err := x509.MarshalECPrivateKey(key)
	check(err)
	write(keyPath, "EC PRIVATE KEY", secret)
	write(path, "CERTIFICATE", der)
	made, err := x509.ParseCertificate(der)
	check(err)
	return made, key
}

func template(name string) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	check(err)
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour),
		NotAfter:  time.Now().Add(lifetime)}
}

func write(path, kind string, der []byte) {
	check(os.WriteFile(path, pem.EncodeToMemory(
		&pem.Block{Type: kind, Bytes: der}), 0o600))
}
