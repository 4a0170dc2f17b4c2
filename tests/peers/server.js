// A real HTTP/2 peer for tests, with the bad manners on request that ordinary servers lack.
//
//   node server.js CERTIFICATES
//
// Prints a line `NAME PORT` for each thing that listens, then `ready`; ends when its input ends.
'use strict';
const fs = require('fs');
const http = require('http');
const http2 = require('http2');
const net = require('net');
const path = require('path');
const tls = require('tls');

const folder = process.argv[2];
const file = (name) => fs.readFileSync(path.join(folder, name));
const identity = (name) => ({ key: file(name + '.key'), cert: file(name + '.pem') });

const sockets = new Map();  // by the peer's port

const routes = {
  '/hello': (stream) => answer(stream, { 'content-type': 'text/plain', 'x-twice': ['a', 'b'] }, 'hello'),
  '/empty': (stream) => stream.respond({ ':status': 204 }, { endStream: true }),
  '/echo': (stream, headers) => {
    const parts = [];
    stream.on('data', (part) => parts.push(part));
    stream.on('end', () => answer(stream, {
      'x-method': headers[':method'], 'x-given': headers['x-given'] || '',
      'x-length': headers['content-length'] || '',
    }, Buffer.concat(parts)));
  },
  '/early': (stream) => {  // answers in full without reading the request's body
    stream.respond({ ':status': 413 });
    stream.end('too much');
  },
  '/information': (stream) => {
    stream.additionalHeaders({ ':status': 103, link: '</style.css>' });
    answer(stream, {}, 'informed');
  },
  '/trailers': (stream) => {
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '42' }));
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.end('with trailers');
  },
  '/reset': (stream) => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM),
  '/short': (stream) => {  // fewer bytes than it says
    stream.respond({ ':status': 200, 'content-length': '100' });
    stream.end('some');
  },
  '/reset-in-body': (stream) => {
    stream.respond({ ':status': 200 });
    stream.write('some');
    setTimeout(() => stream.destroy(new Error('as asked')), 20);
  },
  '/goaway': (stream) => stream.session.destroy(undefined, http2.constants.NGHTTP2_ENHANCE_YOUR_CALM),
  '/leave': (stream) => {
    stream.session.goaway(0, stream.id);
    setTimeout(() => answer(stream, {}, 'last'), 20);
  },
  '/drop': (stream) => {
    stream.respond({ ':status': 200, 'content-length': '100' });
    stream.write('some');
    setTimeout(() => sockets.get(stream.session.socket.remotePort).destroy(), 20);
  },
  '/refuse-once': (stream, headers) => {  // by the query
    if (isFirst(headers[':path'])) return stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
    answer(stream, {}, 'accepted');
  },
  '/leave-once': (stream, headers) => {  // says that it has not seen this request, and lets the others end
    if (!isFirst(headers[':path'])) return routes['/echo'](stream, headers);
    stream.session.goaway(0, stream.id - 2);
  },
  '/resumed': (stream) => answer(stream, {}, String(stream.session.socket.isSessionReused())),
  '/silent': () => {},
  '/stalls': (stream) => {
    stream.respond({ ':status': 200 });
    stream.write('some');
  },
  '/slow': (stream) => setTimeout(() => answer(stream, {}, 'slow'), 50),
  '/drip': (stream) => {
    stream.respond({ ':status': 200 });
    let left = 5;
    const timer = setInterval(() => {
      stream.write('drop');
      if (--left === 0) { clearInterval(timer); stream.end(); }
    }, 5);
  },
};

const seenPaths = new Set();
function isFirst(path) {
  if (seenPaths.has(path)) return false;
  seenPaths.add(path);
  return true;
}

function answer(stream, headers, body) {
  if (stream.destroyed) return;
  stream.respond({ ':status': 200, ...headers });
  stream.end(body);
}

/// /bytes/N gives N bytes; /headers/N two header fields of N bytes; /statistics what this connection saw.
function serve(stream, headers) {
  const seen = stream.session.seen ||= { active: 0, most: 0, resets: 0 };
  stream.on('error', () => {});
  stream.on('aborted', () => seen.resets++);
  stream.on('close', () => seen.active--);
  seen.most = Math.max(seen.most, ++seen.active);
  const [, name, number] = headers[':path'].split('?')[0].split('/');
  if (name === 'bytes') return answer(stream, {}, Buffer.alloc(Number(number), 'x'));
  if (name === 'headers') return answer(stream, {
    'x-long': '0'.repeat(Number(number)), 'x-longer': '1'.repeat(Number(number)) }, 'long');
  if (name === 'statistics') return answer(stream, {}, `most ${seen.most} resets ${seen.resets}`);
  const route = routes['/' + name];
  if (route) return route(stream, headers);
  stream.respond({ ':status': 404 });
  stream.end('nothing here');
}

const waiting = [];
function listen(name, server) {
  server.on('error', () => {});
  server.on('stream', serve);
  server.on('connection', (socket) => {
    sockets.set(socket.remotePort, socket);
    socket.on('close', () => sockets.delete(socket.remotePort));
  });
  server.on('sessionError', () => {});
  waiting.push(new Promise((done) => server.listen(0, '127.0.0.1', () => {
    console.log(name, server.address().port);
    done();
  })));
}

const secure = (name, options) => listen(name, http2.createSecureServer({ ...identity(name), ...options }));
listen('plain', http2.createServer({ maxSendHeaderBlockLength: 200000 }));
listen('few-streams', http2.createServer({ settings: { maxConcurrentStreams: 3 } }));
for (const name of ['server', 'expired', 'not-yet', 'wrong-host', 'wrong-usage', 'unknown-ca',
  'by-server', 'self-signed']) secure(name, {});
listen('wants-client', http2.createSecureServer({
  ...identity('server'), ca: file('ca.pem'), requestCert: true, rejectUnauthorized: true }));
listen('tls-1.2', http2.createSecureServer({ ...identity('server'), maxVersion: 'TLSv1.2' }));
listen('tls-1.1', tls.createServer({
  ...identity('server'), minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0',
  ALPNProtocols: ['h2'] }));
listen('no-alpn', tls.createServer(identity('server')));
listen('other-alpn', tls.createServer({ ...identity('server'), ALPNProtocols: ['http/1.1'] }));
listen('http-1', http.createServer((request, response) => response.end('old')));
listen('closes', net.createServer((socket) => socket.destroy()));
listen('accepts', net.createServer((socket) => socket.on('error', () => {})));
listen('echo', net.createServer((socket) => {
  socket.on('error', () => {});
  socket.pipe(socket);
}));
listen('closes-in-handshake', net.createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => socket.end());
}));
listen('garbage', net.createServer((socket) => {
  socket.on('error', () => {});
  socket.end('this is neither TLS nor HTTP/2, only a line of text\n');
}));

Promise.all(waiting).then(() => console.log('ready'));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
process.on('uncaughtException', (error) => console.error(error));
