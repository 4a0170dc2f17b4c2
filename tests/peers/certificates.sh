#!/bin/sh
# Makes the certificates that tests need, in the folder given: a CA, a good server certificate for
# localhost and 127.0.0.1, and one for each way in which a certificate can be wrong.
set -eu
folder=$1
mkdir -p "$folder"
cd "$folder"
[ -e complete ] && exit 0

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key" 2>/dev/null; }

# self_signed NAME EXTENSION…: a certificate that signs itself.
self_signed() {
  name=$1
  shift
  key "$name"
  printf '[req]\ndistinguished_name=dn\nx509_extensions=ext\n[dn]\n[ext]\n' >"$name.conf"
  printf '%s\n' subjectKeyIdentifier=hash "$@" >>"$name.conf"
  openssl req -x509 -new -key "$name.key" -subj "/CN=$name" -days 30 -out "$name.pem" \
    -config "$name.conf"
}

# issue NAME ISSUER HOSTS USAGE START END: a certificate signed by ISSUER; times as YYYYMMDDHHMMSSZ.
issue() {
  key "$1"
  openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr" 2>/dev/null
  printf 'basicConstraints=CA:FALSE\nauthorityKeyIdentifier=keyid\nsubjectAltName=%s\nextendedKeyUsage=%s\n' "$3" "$4" >"$1.ext"
  : >"$1.index"
  cat >"$1.conf" <<CONF
[ca]
default_ca = this
[this]
database = $1.index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
CONF
  openssl ca -batch -config "$1.conf" -cert "$2.pem" -keyfile "$2.key" -in "$1.csr" -out "$1.pem" \
    -extfile "$1.ext" -startdate "$5" -enddate "$6" -notext 2>/dev/null
}

past=20200101000000Z
now=$(date -u -d yesterday +%Y%m%d%H%M%SZ)
later=$(date -u -d '30 days' +%Y%m%d%H%M%SZ)
hosts=DNS:localhost,IP:127.0.0.1

self_signed ca basicConstraints=critical,CA:TRUE keyUsage=critical,keyCertSign,cRLSign
self_signed other-ca basicConstraints=critical,CA:TRUE keyUsage=critical,keyCertSign,cRLSign
issue server ca "$hosts" serverAuth "$now" "$later"
issue expired ca "$hosts" serverAuth "$past" 20210101000000Z
issue not-yet ca "$hosts" serverAuth "$later" "$(date -u -d '60 days' +%Y%m%d%H%M%SZ)"
issue wrong-host ca DNS:elsewhere.test serverAuth "$now" "$later"
issue wrong-usage ca "$hosts" clientAuth "$now" "$later"
issue unknown-ca other-ca "$hosts" serverAuth "$now" "$later"
issue client ca DNS:client.test clientAuth "$now" "$later"
# A certificate whose issuer is no CA: the good server certificate signs it.
issue by-server server "$hosts" serverAuth "$now" "$later"
cat server.pem >>by-server.pem
self_signed self-signed "subjectAltName=$hosts"
touch complete
