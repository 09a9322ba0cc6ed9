// Package upvestwebhook receives the webhooks of the Upvest Investment API. It verifies
// the signature of a delivery, decodes the events in it, and marks events that were
// handled before.
//
// # Use
//
// The public keys come from the API, by a signed call of the generated client. [Keys]
// caches them, and fetches them again when a delivery names a key that is not among
// them. A [Receiver] verifies deliveries with these keys:
//
//	client := webhooks.NewReader(token) // of generated/upvest/webhooks
//	keys := upvestwebhook.NewKeys(func(ctx context.Context) ([]upvestwebhook.JWK, error) {
//		set, err := client.GetJWKS(ctx)
//		if err != nil {
//			return nil, err
//		}
//		var keys []upvestwebhook.JWK
//		for _, k := range set.Keys {
//			keys = append(keys, upvestwebhook.JWK{KeyID: k.Kid.Or(""), Type: string(k.Kty.Or("")),
//				Curve: string(k.Crv.Or("")), X: k.X.Or(""), Y: k.Y.Or("")})
//		}
//		return keys, nil
//	}, upvestwebhook.KeyPolicy{})
//	receiver, err := upvestwebhook.NewReceiver(upvestwebhook.Policy{Keys: keys.Lookup})
//
// Then either wrap a handler, which gets the events from its context with
// [FromContext],
//
//	http.Handle("POST /webhooks/upvest", receiver.Middleware(handler))
//
// or call [Receiver.Receive] in a handler.
//
// # What is verified
//
// Webhooks are signed with Upvest's signature version 6 (see package httpsig). The
// signature must cover the method, the path, the query if there is one, and the digest
// of the body. It must say when it was created, and must be recent. The path is that of
// the request line: verify before anything rewrites it, and let no proxy rewrite it.
//
// # Events can come more than once
//
// Upvest repeats a delivery until it is answered with 200, and holds back later ones
// meanwhile. So answer 200 as soon as the events are stored, and process them after
// that. An event can come twice, so handle each id once: [Event] has a field Duplicate,
// which is true for events of deliveries that were answered with 200 or for which
// [Delivery.Done] was called.
package upvestwebhook
