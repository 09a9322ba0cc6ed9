// Gets access tokens from a sandbox with openid-client, in each way that both have, and
// calls an API with them. Standard input is where the sandbox is and who asks, as JSON;
// standard output what came of each way: a value, or the OAuth error code.

import * as openid from "openid-client";
import { importPKCS8 } from "jose";
import { text } from "node:stream/consumers";

const { url, id, person, secret, key, keyID } = JSON.parse(await text(process.stdin));
const algorithm = { algorithm: "oauth2", execute: [openid.allowInsecureRequests] };
const discover = (client, authentication) => openid.discovery(new URL(url), client, undefined, authentication, algorithm);
const client = await discover(id, openid.ClientSecretPost(secret));
const publicClient = await discover(person, openid.None());
const scope = "things:read";
let refreshToken;

const ways = {
	async secret() {
		return (await openid.clientCredentialsGrant(client, { scope })).scope;
	},
	async noScope() {
		return (await openid.clientCredentialsGrant(client)).scope ?? "none";
	},
	async wrongSecret() {
		return openid.clientCredentialsGrant(await discover(id, openid.ClientSecretPost("wrong")), { scope });
	},
	async wrongScope() {
		return openid.clientCredentialsGrant(client, { scope: "things:none" });
	},
	async assertion() {
		const signed = openid.PrivateKeyJwt({ key: await importPKCS8(key, "ES256"), kid: keyID });
		return (await openid.clientCredentialsGrant(await discover(id, signed), { scope })).scope;
	},
	async call() {
		const { access_token } = await openid.clientCredentialsGrant(client, { scope });
		return (await openid.fetchProtectedResource(client, access_token, new URL("/things", url), "GET")).status;
	},
	async callWithoutItsScope() {
		const { access_token } = await openid.clientCredentialsGrant(client, { scope });
		return openid.fetchProtectedResource(client, access_token, new URL("/things/poke", url), "PUT");
	},
	async proof() {
		const DPoP = openid.getDPoPHandle(client, await openid.randomDPoPKeyPair("ES256"));
		const { access_token, token_type } = await openid.clientCredentialsGrant(client, { scope }, { DPoP });
		const response = await openid.fetchProtectedResource(client, access_token, new URL("/things", url), "GET", null, undefined, { DPoP });
		return `${token_type} ${response.status}`;
	},
	async code() {
		const pkceCodeVerifier = openid.randomPKCECodeVerifier(), expectedState = openid.randomState();
		const page = openid.buildAuthorizationUrl(publicClient, {
			redirect_uri: "http://127.0.0.1:9/", scope: "things:read things:write", state: expectedState,
			code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: "S256",
		});
		const { headers } = await fetch(page, { redirect: "manual" });
		const tokens = await openid.authorizationCodeGrant(publicClient, new URL(headers.get("location")), { pkceCodeVerifier, expectedState });
		refreshToken = tokens.refresh_token;
		return tokens.scope;
	},
	async refresh() {
		const tokens = await openid.refreshTokenGrant(publicClient, refreshToken, { scope });
		refreshToken = tokens.refresh_token;
		return tokens.scope;
	},
	async revoked() {
		await openid.tokenRevocation(publicClient, refreshToken);
		return openid.refreshTokenGrant(publicClient, refreshToken);
	},
	async device() {
		const device = await openid.initiateDeviceAuthorization(publicClient, { scope });
		await fetch(device.verification_uri_complete);
		return (await openid.pollDeviceAuthorizationGrant(publicClient, { ...device, interval: 0.01 })).scope;
	},
	async exchange() {
		const { access_token } = await openid.clientCredentialsGrant(client, { scope: "things:read things:write" });
		return (await openid.genericGrantRequest(client, "urn:ietf:params:oauth:grant-type:token-exchange", {
			scope, subject_token: access_token, subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
		})).scope;
	},
};

const came = {};
for (const [name, way] of Object.entries(ways)) {
	try {
		came[name] = await way();
	} catch (e) {
		came[name] = e.error ?? e.cause?.[0]?.parameters?.error ?? `${e.code} ${e.message}`;
	}
}
process.stdout.write(JSON.stringify(came));
