/* SPDX-License-Identifier: MIT */
// Certificates for tests, the demo and trying wss:// by hand, made with the openssl command.
//
//   const authority = makeAuthority(folder, 'authority');              // folder/authority.crt, .key
//   const below = makeAuthority(folder, 'intermediate', {issuer: authority});
//   const server = authority.issue('server', {names: ['DNS:localhost', 'IP:127.0.0.1']});
//   server.key, server.certificate                                     // paths of PEM files
//   authority.issue('old', {names, from: -30, until: -1})              // days from now
//   makeSelfSigned(folder, 'own', {names})
//
//   const {authority, server} = makeLocalCertificates(folder);         // what ./dev certs makes
//
// As a program: node tests/harness/certificates.mjs [FOLDER] makes the local ones and says how to use them.

import {execFileSync} from 'node:child_process';
import {X509Certificate, createHash} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const day = 24 * 3600 * 1000;
const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

function openssl(...args) {
    try {
        return execFileSync('openssl', args, {stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8'});
    } catch (error) {
        throw new Error(`openssl ${args.join(' ')}: ${error.stderr || error.message}`);
    }
}

/** YYYYMMDDHHMMSSZ, as `openssl ca` wants it. */
const dateAfter = (days) => new Date(Date.now() + days * day).toISOString().replace(/[-:T]|\.\d+/g, '');

const usages = {
    authority: ['basicConstraints = critical,CA:true', 'keyUsage = critical,keyCertSign,cRLSign'],
    server: ['basicConstraints = critical,CA:false', 'keyUsage = critical,digitalSignature', 'extendedKeyUsage = serverAuth'],
    client: ['basicConstraints = critical,CA:false', 'keyUsage = critical,digitalSignature', 'extendedKeyUsage = clientAuth'],
};

const filesOf = (folder, name) => ({
    key: path.join(folder, `${name}.key`), certificate: path.join(folder, `${name}.crt`),
});

function extensionsOf(usage, names) {
    const lines = [...usages[usage], 'subjectKeyIdentifier = hash'];
    return names.length > 0 ? [...lines, `subjectAltName = ${names.join(',')}`] : lines;
}

/** `openssl ca` is the only command of OpenSSL 3.0 that sets both ends of the validity; this is the file it reads. */
function configuration(work, extensions) {
    return ['[ca]', 'default_ca = here', '[here]', `database = ${work}/index`, `new_certs_dir = ${work}`,
        'rand_serial = yes', 'default_md = sha256', 'policy = any', 'unique_subject = no', 'copy_extensions = none',
        '[any]', 'commonName = supplied', '[extensions]', ...extensions, ''].join('\n');
}

function sign({folder, name, subject, usage, names, from, until, issuer}) {
    const files = filesOf(folder, name);
    const work = fs.mkdtempSync(path.join(folder, 'signing-'));
    const [config, request] = [path.join(work, 'config'), path.join(work, 'request')];
    fs.writeFileSync(path.join(work, 'index'), '');
    fs.writeFileSync(config, configuration(work, extensionsOf(usage, names)));
    openssl('req', '-new', ...curve, '-nodes', '-keyout', files.key, '-subj', `/CN=${subject}`, '-out', request);
    const signer = issuer ? ['-keyfile', issuer.key, '-cert', issuer.certificate] : ['-keyfile', files.key, '-selfsign'];
    openssl('ca', '-batch', '-notext', '-config', config, '-extensions', 'extensions', '-in', request,
        '-out', files.certificate, '-startdate', dateAfter(from), '-enddate', dateAfter(until), ...signer);
    fs.rmSync(work, {recursive: true});
    return files;
}

/** An authority: its own root, or one that `issuer` vouches for. */
export function makeAuthority(folder, name, {subject = `wspeer test ${name}`, issuer = null} = {}) {
    const files = sign({folder, name, subject, usage: 'authority', names: [], from: -1, until: 365, issuer});
    return {
        ...files,
        /** A certificate: names as in openssl's subjectAltName; the validity in days from now. */
        issue: (certificate, {names = [], from = -1, until = 365, subject: holder = certificate, usage = 'server'} = {}) =>
            sign({folder, name: certificate, subject: holder, usage, names, from, until, issuer: files}),
    };
}

/** A server's certificate that nobody else vouches for. */
export const makeSelfSigned = (folder, name, {names}) =>
    sign({folder, name, subject: name, usage: 'server', names, from: -1, until: 365, issuer: null});

/** A copy of the key that opens with `password` only. */
export function encryptKey(files, password) {
    const key = files.key.replace(/\.key$/, '.encrypted.key');
    openssl('pkcs8', '-topk8', '-in', files.key, '-out', key, '-passout', `pass:${password}`);
    return key;
}

/** Puts files into one, which is how a chain is given. */
export function concatenate(target, ...sources) {
    fs.writeFileSync(target, sources.map((source) => fs.readFileSync(source)).join(''));
    return target;
}

/** What Chromium's --ignore-certificate-errors-spki-list wants: it then trusts servers with this key and no other. */
export function publicKeyHash({certificate}) {
    const {publicKey} = new X509Certificate(fs.readFileSync(certificate));
    return createHash('sha256').update(publicKey.export({type: 'spki', format: 'der'})).digest('base64');
}

/** A local authority and a server's certificate for this machine: localhost, 127.0.0.1 and ::1. */
export function makeLocalCertificates(folder) {
    fs.mkdirSync(folder, {recursive: true});
    const authority = makeAuthority(folder, 'authority', {subject: 'wspeer local authority'});
    const names = ['DNS:localhost', 'IP:127.0.0.1', 'IP:::1'];
    return {authority, server: authority.issue('server', {names, subject: 'localhost'})};
}

function main(folder) {
    const {authority, server} = makeLocalCertificates(folder);
    const here = `${path.resolve('.')}${path.sep}`;
    const [ca, key, certificate] = [authority.certificate, server.key, server.certificate]
        .map((file) => (file.startsWith(here) ? file.slice(here.length) : file));
    console.log(`made, valid for one year:
${ca}  the local authority, which clients trust
${certificate}     the server's certificate, for localhost, 127.0.0.1 and ::1
${key}     its private key

natively:  build/release/examples/echo_server --tls-key ${key} --tls-cert ${certificate}
           build/release/examples/echo_client wss://localhost:9080 --ca ${ca}
any client that trusts the system's authorities:
           SSL_CERT_FILE=${ca} build/release/examples/minimal_client wss://localhost:9080
Node:      NODE_EXTRA_CA_CERTS=${ca} node ...
Chromium:  chromium --user-data-dir=NEW_FOLDER --ignore-certificate-errors-spki-list=${publicKeyHash(server)}`);
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
    try {
        main(path.resolve(process.argv[2] ?? 'build/certs'));
    } catch (error) {
        console.error(`certs: ${error.message}`);
        process.exitCode = 1;
    }
}
