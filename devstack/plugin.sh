#!/bin/bash
# devstack plugin: Cinder with the extension and the volume manager, Glance
# with the paste filter, and with stores of type multidir beside those that
# devstack makes. stack.sh may be run again: nothing is added twice.
#
#   enable_plugin cinder-glance-multistore REPOSITORY
#   GLANCE_ENABLE_MULTIPLE_STORES=True

MULTISTORE_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

function install_multistore {
    local extras=cinder
    if is_service_enabled g-api; then
        extras=$extras,glance
    fi
    pip_install "${MULTISTORE_DIR}[$extras]"
}

function configure_multistore_cinder {
    iniset_multiline "$CINDER_CONF" DEFAULT osapi_volume_extension \
        cinder.api.contrib.standard_extensions \
        cinder_glance_multistore.cinder.extension
    iniset "$CINDER_CONF" DEFAULT volume_manager \
        cinder_glance_multistore.cinder.manager.VolumeManager
}

function configure_multistore_glance {
    local backends store id directories
    backends=$(iniget "$GLANCE_API_CONF" DEFAULT enabled_backends)
    if [[ -z "$backends" ]]; then
        die $LINENO "set GLANCE_ENABLE_MULTIPLE_STORES=True: Glance runs with one store"
    fi
    for store in $MULTISTORE_STORES; do
        id=${store%%=*}
        directories=${store#*=}
        # In place of a store of that name, which may be ours of another run.
        backends=$(echo "$backends" | tr -d ' ' | tr ',' '\n' |
            sed "/^$id:/d" | paste -sd , -)
        backends="${backends:+$backends,}$id:multidir"
        # shellcheck disable=SC2046
        mkdir -p $(echo "$directories" | tr ',' '\n' | sed 's/:[0-9]*$//')
        # shellcheck disable=SC2086
        iniset_multiline "$GLANCE_API_CONF" "$id" multidir_directories \
            ${directories//,/ }
    done
    iniset "$GLANCE_API_CONF" DEFAULT enabled_backends "$backends"
}

# Stores as they are now: the filter after context, in every pipeline with that.
function configure_multistore_paste {
    sed -i '/ context multistore /!s/ context / context multistore /' \
        "$GLANCE_API_PASTE_INI"
    if ! grep -q ' context multistore ' "$GLANCE_API_PASTE_INI"; then
        die $LINENO "no pipeline of $GLANCE_API_PASTE_INI has the filter context"
    fi
    iniset "$GLANCE_API_PASTE_INI" filter:multistore paste.filter_factory \
        cinder_glance_multistore.glance.filter:factory
}

if [[ "$1" == "stack" && "$2" == "install" ]]; then
    install_multistore
elif [[ "$1" == "stack" && "$2" == "post-config" ]]; then
    if is_service_enabled cinder; then
        configure_multistore_cinder
    fi
    if is_service_enabled g-api; then
        configure_multistore_glance
        configure_multistore_paste
    fi
fi
