// server.js PORT [KEY CERT]: the same answers from Node.
const fs = require('fs');
const http2 = require('http2');
const [port, key, cert] = process.argv.slice(2);
const large = Buffer.alloc(1 << 20, 'x');
const answer = (stream, headers) => {
  stream.respond({':status': 200});
  stream.end(headers[':path'] === '/large' ? large : 'hello, world\n');
};
const server = key
  ? http2.createSecureServer({key: fs.readFileSync(key), cert: fs.readFileSync(cert)})
  : http2.createServer();
server.on('stream', answer);
server.listen(Number(port), '127.0.0.1');
