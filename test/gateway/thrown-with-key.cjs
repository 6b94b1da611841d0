// Loaded before the gateway: throws as careless libraries do, with the key in the words and the whole request attached. What is thrown, and
// where, a header of the agent's request says, which passes to the provider.
const net = require('node:net');

const write = net.Socket.prototype.write;
net.Socket.prototype.write = function (data, ...rest) {
  const text = typeof data === 'string' ? data : '';
  const [, where] = /x-fault: (\w+)/i.exec(text) ?? [];
  if (where === undefined || !/^(POST|GET) /.test(text)) return write.call(this, data, ...rest);
  const key = /(?:bearer|x-api-key:|x-goog-api-key:) *(\S+)/i.exec(text)?.[1] ?? '';
  const error = Object.assign(new TypeError(`Invalid value "Bearer ${key}" in ${key.slice(0, 20)}`), {
    request: { headers: text },
    key,
  });
  error.cause = Object.assign(new Error(text), { config: { headers: text } });
  if (where === 'thrown') throw error;
  if (where === 'rejected') void Promise.reject(error);
  if (where === 'uncaught')
    setImmediate(() => {
      throw error;
    });
  if (where === 'text') void Promise.reject(`just ${key}`);
  return write.call(this, data, ...rest);
};

// The same on the way back: an answer with this header cannot be begun.
const http = require('node:http');
const writeHead = http.ServerResponse.prototype.writeHead;
http.ServerResponse.prototype.writeHead = function (status, headers, ...rest) {
  const key = headers?.['x-thrown-key'];
  if (key === undefined) return writeHead.call(this, status, headers, ...rest);
  throw Object.assign(new Error(`cannot send ${Buffer.from(key, 'hex')}`), {
    response: this,
    key: String(Buffer.from(key, 'hex')),
  });
};
