// What an entry in /etc/hosts and a forwarded port would do: connections to
// res.cloudinary.com go to the servers that HTTP_AT and HTTPS_AT name.
const http = require('http');
const https = require('https');

for (const [agent, at] of [[http.Agent, process.env.HTTP_AT], [https.Agent, process.env.HTTPS_AT]]) {
  const connect = agent.prototype.createConnection;
  agent.prototype.createConnection = function (options, ...rest) {
    if (options.host !== 'res.cloudinary.com') return connect.call(this, options, ...rest);
    const [host, port] = at.split(':');
    return connect.call(this, { ...options, host, port: Number(port), hostname: host }, ...rest);
  };
}
