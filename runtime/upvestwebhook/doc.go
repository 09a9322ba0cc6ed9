// Package upvestwebhook receives the events of the Upvest Investment API: it verifies
// the signature of a delivery, decodes its events, and tells which of them were
// handled before.
//
// # How it is used
//
// Keys to verify with come from the API itself, by a signed call that the
// generated client makes. [Keys] caches them and fetches them again when a
// delivery names a key that is not known. A [Receiver] verifies:
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
// Then either wrap a handler, which finds the events in its context,
//
//	http.Handle("POST /webhooks/upvest", receiver.Middleware(handler))
//
// or call [Receiver.Receive] in a handler of your own.
//
// # What is verified
//
// Webhooks are signed with Upvest's signature version 6 (see package httpsig).
// The method, the path, the query if there is one, and the digest of the body
// must be covered; the signature must say when it was created, and be recent.
// The path is the one in the request line: verify before anything rewrites it,
// and let no proxy do so.
//
// # Delivered at least once
//
// A delivery that is not answered with 200 comes again, for as long as it takes,
// and holds up those behind it: answer 200 as soon as the events are safe, and
// work on them later. The same event may come twice, so handle each id once.
// An [Event] says whether it is a Duplicate, which is known of events whose
// delivery was answered with 200, or for which [Delivery.Done] was called.
package upvestwebhook
