// Receives Feewarden's webhooks: checks the signature, then the id. Run: SECRET=whsec_… node examples/webhook-receiver.mjs
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.SECRET ?? '');
const seen = new Set(); // Keep the ids in your database: the same message may come twice, always with the same id.

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    const event = webhook.verify(Buffer.concat(chunks).toString(), request.headers);
    if (!seen.has(event.id)) console.log(event.type, event.subject, event.data.reason?.en ?? '');
    seen.add(event.id);
    response.writeHead(204).end();
  } catch {
    response.writeHead(401).end();
  }
});
server.listen(Number(process.env.PORT ?? 9090), '127.0.0.1', () => console.log('listening on', server.address().port));
