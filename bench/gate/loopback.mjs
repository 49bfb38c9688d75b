// Loaded before Portkey's gateway, which knows no option for its address and would listen on
// every interface: a server that names no host listens on loopback.
import net from 'node:net';

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  if (typeof rest[0] === 'string') return listen.call(this, port, ...rest);
  const callback = rest.find((argument) => typeof argument === 'function');
  return listen.call(this, Number(port), '127.0.0.1', callback);
};
