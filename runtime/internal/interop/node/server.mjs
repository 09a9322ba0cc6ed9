// An authorization server for the tests of the folder above: oidc-provider with its
// store in memory, and beside it an API that reads the access tokens. It reads its
// settings from its standard input, prints its URL, and ends with its input.
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import { createInterface } from 'node:readline';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import Provider from 'oidc-provider';

console.info = console.warn = () => {}; // what oidc-provider says of use in production

const lines = createInterface({ input: process.stdin });
const settings = JSON.parse(await new Promise((resolve) => { lines.once('line', resolve); }));
lines.once('close', () => process.exit(0));

// Certificates of clients are asked for, and who needs one looks at it.
const server = createServer({
  cert: settings.certificate, key: settings.key, ca: settings.ca, requestCert: true, rejectUnauthorized: false,
});
await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
const issuer = `https://127.0.0.1:${server.address().port}`;
const certificateOf = (socket) => socket.getPeerX509Certificate?.();
const algorithms = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'];

const provider = new Provider(issuer, {
  clients: settings.clients,
  scopes: ['openid', 'things:read', 'things:write'],
  clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth'],
  enabledJWA: { clientAuthSigningAlgValues: algorithms, dPoPSigningAlgValues: algorithms },
  cookies: { keys: [randomBytes(16).toString('hex')] },
  jwks: settings.jwks,
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async () => true,
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    revocation: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      tlsClientAuth: true,
      getCertificate: (ctx) => certificateOf(ctx.socket),
      certificateAuthorized: (ctx) => ctx.socket.authorized,
      certificateSubjectMatches: (ctx, property, expected) => property === 'tls_client_auth_san_dns'
        && certificateOf(ctx.socket).subjectAltName === `DNS:${expected}`,
    },
  },
});

const sha256 = (data) => createHash('sha256').update(data).digest('base64url');

// things answers with the scopes of the access token, which must be presented as it
// was issued: as a bearer token, with a proof, or over TLS with its certificate.
async function things(req, res) {
  const [scheme, value] = (req.headers.authorization ?? '').split(' ');
  const token = await provider.ClientCredentials.find(value ?? '') ?? await provider.AccessToken.find(value ?? '');
  let fine = token !== undefined && scheme === (token.jkt ? 'DPoP' : 'Bearer');
  if (fine && token.jkt) {
    const { payload, protectedHeader } = await jwtVerify(req.headers.dpop, EmbeddedJWK, { algorithms, typ: 'dpop+jwt', maxTokenAge: 60 });
    fine = payload.htm === req.method && payload.htu === issuer + req.url && payload.ath === sha256(value)
      && await calculateJwkThumbprint(protectedHeader.jwk) === token.jkt;
  }
  if (fine && token['x5t#S256']) {
    fine = sha256(certificateOf(req.socket)?.raw ?? '') === token['x5t#S256'];
  }
  const scopes = token?.scope ?? '';
  const needed = req.method === 'GET' ? 'things:read' : 'things:write';
  res.writeHead(fine ? scopes.split(' ').includes(needed) ? 200 : 403 : 401, { 'Content-Type': 'application/json' });
  res.end(JSON.stringify({ scopes, bound: token?.jkt ?? token?.['x5t#S256'] ?? '' }));
}

// interact is the person, who logs in and agrees to all that the client asks for.
async function interact(req, res) {
  const { prompt, params, session } = await provider.interactionDetails(req, res);
  let result = { login: { accountId: 'person' } };
  if (prompt.name === 'consent') {
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    result = { consent: { grantId: await grant.save() } };
  }
  await provider.interactionFinished(req, res, result, { mergeWithLastSubmission: true });
}

const authority = provider.callback();
server.on('request', (req, res) => {
  const handled = async () => {
    if (req.url === '/things') {
      await things(req, res);
    } else if (req.url.startsWith('/interaction/')) {
      await interact(req, res);
    } else {
      await authority(req, res);
    }
  };
  handled().catch((error) => {
    res.writeHead(500);
    res.end(String(error));
  });
});
process.stdout.write(`${issuer}\n`);
