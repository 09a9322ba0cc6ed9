// Verifies and signs requests with http-message-signatures. Standard input is a list of
// what to do as JSON, standard output a list of what came of it.

import signatures from "http-message-signatures";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { text } from "node:stream/consumers";

const { httpbis, createSigner, createVerifier } = signatures;

async function verify({ method, url, headers, algorithm, key }) {
	const verifier = { algs: [algorithm], verify: createVerifier(createPublicKey(key), algorithm) };
	const config = { keyLookup: async ({ keyid }) => ({ id: keyid, ...verifier }) };
	return { verified: await httpbis.verifyMessage(config, { method, url, headers }) === true };
}

async function sign({ method, url, headers, algorithm, key, fields, params, values }) {
	const signer = createSigner(createPrivateKey(key), algorithm, "k");
	const paramValues = { ...values, expires: values?.expires && new Date(values.expires * 1000) };
	const signed = await httpbis.signMessage({ key: signer, fields, params, paramValues }, { method, url, headers });
	return { headers: { signature: signed.headers.Signature, "signature-input": signed.headers["Signature-Input"] } };
}

const results = [];
for (const task of JSON.parse(await text(process.stdin))) {
	try {
		results.push(await (task.fields ? sign(task) : verify(task)));
	} catch (e) {
		results.push({ error: e.message });
	}
}
process.stdout.write(JSON.stringify(results));
