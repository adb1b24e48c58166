// genwsdl writes vim.wsdl and vimService.wsdl: the methods of the API, from
// govmomi's Go types. The data types are in the XSD files that oslo.vmware
// ships; those of the methods' requests are in neither, and are made here.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"sort"
	"strings"
)

type field struct {
	name, typ  string
	opt, array bool
}

var (
	structs = map[string]*ast.StructType{}
	aliases = map[string]string{} // type Foo FooRequestType
	xsd     = map[string]bool{}
)

func load(file string) {
	fs := token.NewFileSet()
	f, err := parser.ParseFile(fs, file, nil, 0)
	if err != nil {
		panic(err)
	}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.TYPE {
			continue
		}
		for _, s := range g.Specs {
			ts := s.(*ast.TypeSpec)
			switch t := ts.Type.(type) {
			case *ast.StructType:
				structs[ts.Name.Name] = t
			case *ast.Ident:
				aliases[ts.Name.Name] = t.Name
			}
		}
	}
}

func xsdType(e ast.Expr) (string, bool, bool) { // type, optional, array
	switch t := e.(type) {
	case *ast.StarExpr:
		n, _, a := xsdType(t.X)
		return n, true, a
	case *ast.ArrayType:
		if id, ok := t.Elt.(*ast.Ident); ok && id.Name == "byte" {
			return "xsd:base64Binary", false, false
		}
		n, _, _ := xsdType(t.Elt)
		return n, false, true
	case *ast.SelectorExpr:
		if t.Sel.Name == "Time" {
			return "xsd:dateTime", false, false
		}
		return "xsd:anyType", false, false
	case *ast.InterfaceType:
		return "xsd:anyType", false, false
	case *ast.Ident:
		switch t.Name {
		case "string":
			return "xsd:string", false, false
		case "bool":
			return "xsd:boolean", false, false
		case "int32", "int":
			return "xsd:int", false, false
		case "int64":
			return "xsd:long", false, false
		case "int16":
			return "xsd:short", false, false
		case "int8", "uint8":
			return "xsd:byte", false, false
		case "float32":
			return "xsd:float", false, false
		case "float64":
			return "xsd:double", false, false
		case "AnyType":
			return "xsd:anyType", false, false
		}
		n := t.Name
		if !xsd[n] && strings.HasPrefix(n, "Base") && xsd[n[4:]] {
			n = n[4:]
		}
		if !xsd[n] {
			return "?" + n, false, false
		}
		return "vim25:" + n, false, false
	}
	return "?", false, false
}

func fields(st *ast.StructType) ([]field, string) {
	var out []field
	for _, f := range st.Fields.List {
		if f.Tag == nil {
			continue
		}
		tag := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("xml")
		parts := strings.Split(tag, ",")
		typ, opt, arr := xsdType(f.Type)
		for _, p := range parts[1:] {
			if p == "omitempty" {
				opt = true
			}
		}
		if strings.HasPrefix(typ, "?") {
			return nil, typ
		}
		out = append(out, field{parts[0], typ, opt, arr})
	}
	return out, ""
}

func seq(w *bufio.Writer, ind string, fs []field) {
	fmt.Fprintf(w, "%s<sequence>\n", ind)
	for _, f := range fs {
		x := ""
		if f.opt {
			x += ` minOccurs="0"`
		}
		if f.array {
			x += ` maxOccurs="unbounded"`
		}
		fmt.Fprintf(w, "%s  <element name=%q type=%q%s/>\n", ind, f.name, f.typ, x)
	}
	fmt.Fprintf(w, "%s</sequence>\n", ind)
}

func main() {
	src := flag.String("govmomi", "", "directory of govmomi's sources")
	xdir := flag.String("xsd", "", "directory of vim-types.xsd")
	out := flag.String("out", "", "directory to write to")
	flag.Parse()
	re := regexp.MustCompile(`<(?:complexType|simpleType) name="([^"]+)"`)
	for _, n := range []string{"core-types.xsd", "query-types.xsd", "vim-types.xsd"} {
		b, err := os.ReadFile(filepath.Join(*xdir, n))
		if err != nil {
			panic(err)
		}
		for _, m := range re.FindAllStringSubmatch(string(b), -1) {
			xsd[m[1]] = true
		}
	}
	load(filepath.Join(*src, "vim25/types/types.go"))
	load(filepath.Join(*src, "vim25/types/enum.go"))

	var names []string
	for n, t := range aliases {
		if strings.HasSuffix(t, "RequestType") && structs[n+"Response"] != nil {
			names = append(names, n)
		}
	}
	sort.Strings(names)
	fh, err := os.Create(filepath.Join(*out, "vim.wsdl"))
	if err != nil {
		panic(err)
	}
	w := bufio.NewWriter(fh)
	fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?>
<definitions targetNamespace="urn:vim25" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:vim25="urn:vim25" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
 <types>
  <schema targetNamespace="urn:vim25" xmlns="http://www.w3.org/2001/XMLSchema" xmlns:vim25="urn:vim25" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:reflect="urn:reflect" elementFormDefault="qualified">
   <include schemaLocation="core-types.xsd"/>
   <include schemaLocation="query-types.xsd"/>
   <include schemaLocation="vim-types.xsd"/>
`)
	var ok []string
	skipped := 0
	for _, n := range names {
		rq, bad := fields(structs[aliases[n]])
		if bad != "" {
			skipped++
			fmt.Fprintln(os.Stderr, "skip", n, bad)
			continue
		}
		rs, bad := fields(structs[n+"Response"])
		if bad != "" {
			skipped++
			fmt.Fprintln(os.Stderr, "skip", n, bad)
			continue
		}
		ok = append(ok, n)
		fmt.Fprintf(w, "   <complexType name=%q>\n", n+"RequestType")
		seq(w, "    ", rq)
		fmt.Fprintf(w, "   </complexType>\n   <element name=%q type=%q/>\n", n, "vim25:"+n+"RequestType")
		fmt.Fprintf(w, "   <element name=%q><complexType>\n", n+"Response")
		seq(w, "    ", rs)
		fmt.Fprint(w, "   </complexType></element>\n")
	}
	fmt.Fprint(w, "  </schema>\n </types>\n")
	for _, n := range ok {
		fmt.Fprintf(w, " <message name=%q><part name=\"parameters\" element=%q/></message>\n", n+"RequestMsg", "vim25:"+n)
		fmt.Fprintf(w, " <message name=%q><part name=\"parameters\" element=%q/></message>\n", n+"ResponseMsg", "vim25:"+n+"Response")
	}
	fmt.Fprint(w, " <portType name=\"VimPortType\">\n")
	for _, n := range ok {
		fmt.Fprintf(w, "  <operation name=%q><input message=%q/><output message=%q/></operation>\n", n, "vim25:"+n+"RequestMsg", "vim25:"+n+"ResponseMsg")
	}
	fmt.Fprint(w, " </portType>\n <binding name=\"VimBinding\" type=\"vim25:VimPortType\">\n  <soap:binding style=\"document\" transport=\"http://schemas.xmlsoap.org/soap/http\"/>\n")
	for _, n := range ok {
		fmt.Fprintf(w, "  <operation name=%q><soap:operation soapAction=\"urn:vim25/6.5\" style=\"document\"/><input><soap:body use=\"literal\"/></input><output><soap:body use=\"literal\"/></output></operation>\n", n)
	}
	fmt.Fprint(w, " </binding>\n</definitions>\n")
	w.Flush()
	fh.Close()
	svc := `<?xml version="1.0" encoding="UTF-8"?>
<definitions targetNamespace="urn:vim25Service" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:interface="urn:vim25">
 <import location="vim.wsdl" namespace="urn:vim25"/>
 <service name="VimService"><port binding="interface:VimBinding" name="VimPort"><soap:address location="https://localhost/sdk/vimService"/></port></service>
</definitions>
`
	if err := os.WriteFile(filepath.Join(*out, "vimService.wsdl"), []byte(svc), 0644); err != nil {
		panic(err)
	}
	fmt.Printf("%d methods, %d skipped\n", len(ok), skipped)
}
