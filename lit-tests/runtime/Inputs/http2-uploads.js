// A peer for http2-uploads.valk, in clear, one stream at a time. Prints its port; ends when its input does.
//
//   /sha256       the hash and length of the body
//   /early        413 without reading the body
//   /refuse-once  refuses the first request after its first bytes
//   /leave        says by GOAWAY that it takes no request after this one; those that wait were never sent
'use strict';
const crypto = require('crypto');
const http2 = require('http2');

let refused = false;
const routes = {
  '/sha256': (stream) => {
    const hash = crypto.createHash('sha256');
    let length = 0;
    stream.on('data', (part) => { hash.update(part); length += part.length; });
    stream.on('end', () => { stream.respond({ ':status': 200 }); stream.end(`${length} ${hash.digest('hex')}`); });
  },
  '/early': (stream) => { stream.respond({ ':status': 413 }); stream.end('too much'); },
  '/refuse-once': (stream) => {
    if (refused) return routes['/sha256'](stream);
    refused = true;
    stream.once('data', () => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM));
  },
  '/leave': (stream) => {
    stream.on('data', () => {});
    stream.on('end', () => {
      stream.session.goaway(0, stream.id);
      stream.respond({ ':status': 200 });
      stream.end('last');
    });
  },
};
const server = http2.createServer({ settings: { maxConcurrentStreams: 1 } });
server.on('stream', (stream, headers) => {
  stream.on('error', () => {});
  routes[headers[':path']](stream);
});
server.on('sessionError', () => {});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
