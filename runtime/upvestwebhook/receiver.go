package upvestwebhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/scopegen/scopegen/runtime/httpsig"
)

// ErrEnvelope is wrapped by errors of decoding a delivery whose signature is right.
var ErrEnvelope = errors.New("webhook delivery")

// Policy says what a [Receiver] requires. Only Keys must be set. A Receiver keeps a
// copy.
type Policy struct {
	// Keys returns the key with the id. It is usually [Keys.Lookup].
	Keys func(ctx context.Context, keyID string) (httpsig.Key, error)
	// Seen remembers the ids of events that were handled. Nil: NewMemorySeen(10_000).
	Seen Seen
	// Label is the label of the signature to verify. Empty: a delivery must have
	// exactly one signature.
	Label string
	// MaxAge is how old a signature may be. 0: 5 minutes.
	MaxAge time.Duration
	// Skew is how far the clocks of sender and receiver may differ. 0: 5 seconds.
	// Negative: not at all.
	Skew time.Duration
	// MaxBody is the length of the longest body that is accepted, in bytes. 0: 10 MiB.
	MaxBody int64
	// Nonces remembers the nonces of signatures, and so refuses a delivery that comes
	// a second time with the same signature. Nil: such a delivery is accepted, because
	// Upvest may repeat one that was not answered with 200 as it was. Its events are
	// marked as duplicates if they were handled.
	Nonces httpsig.NonceStore
	// Now returns the time. Nil: time.Now.
	Now func() time.Time
	// Refused is called with each request that [Receiver.Middleware] refuses and the
	// reason, so that it can be logged: the response does not say it. Refused is
	// called too if the events could not be remembered. It must be safe for
	// concurrent use. Nil: it is not called.
	Refused func(r *http.Request, err error)
}

// Receiver verifies and decodes deliveries. It never changes, and is safe for concurrent
// use.
type Receiver struct {
	verifier *httpsig.Verifier
	seen     Seen
	refused  func(*http.Request, error)
}

// NewReceiver returns a receiver. Errors are those of [httpsig.NewVerifier].
func NewReceiver(policy Policy) (*Receiver, error) {
	verifier, err := httpsig.NewVerifier(httpsig.UpvestV6(), httpsig.Policy{
		Keys: policy.Keys,
		// Upvest does not document what else it covers, so nothing else can be required.
		Require:        []string{"@method", "@path", "digest"},
		RequirePresent: []string{"@query"},
		Label:          policy.Label,
		MaxAge:         policy.MaxAge,
		Skew:           policy.Skew,
		MaxBody:        policy.MaxBody,
		Nonces:         policy.Nonces,
		Now:            policy.Now,
	})
	if err != nil {
		return nil, err
	}
	r := &Receiver{verifier: verifier, seen: policy.Seen, refused: policy.Refused}
	if r.seen == nil {
		r.seen = NewMemorySeen(10_000)
	}
	if r.refused == nil {
		r.refused = func(*http.Request, error) {}
	}
	return r, nil
}

// Event is one event of a delivery.
type Event struct {
	ID        string
	Type      string          // "USER.CREATED"
	CreatedAt time.Time       // zero if it is missing or not in the form of RFC 3339
	Object    json.RawMessage // what the event is about, as received; runtime.UnmarshalJSON reads it into a generated type
	WebhookID string
	Duplicate bool // an event with this id was handled before, or comes earlier in the delivery
}

// UnmarshalJSON decodes an event. It ignores unknown members and a created_at that it
// cannot parse, because Upvest repeats a delivery that is refused and holds back all
// later ones meanwhile.
func (e *Event) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID        string          `json:"id"`
		Type      string          `json:"type"`
		CreatedAt string          `json:"created_at"`
		Object    json.RawMessage `json:"object"`
		WebhookID string          `json:"webhook_id"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	created, _ := time.Parse(time.RFC3339, wire.CreatedAt)
	*e = Event{ID: wire.ID, Type: wire.Type, CreatedAt: created, Object: wire.Object, WebhookID: wire.WebhookID}
	return nil
}

// Delivery is what a verified request delivers: events, in their order.
type Delivery struct {
	Events    []Event
	Signature httpsig.Verified

	seen Seen
}

// Receive verifies a request that a server received and decodes its events. The body
// can be read again. Call [Delivery.Done] when the events are handled. Errors are those
// of [httpsig.Verifier.Verify] and of the policy's Keys and Seen, or wrap
// [ErrEnvelope].
func (rc *Receiver) Receive(r *http.Request) (*Delivery, error) {
	verified, err := rc.verifier.Verify(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEnvelope, err)
	}
	if seeker, ok := r.Body.(io.Seeker); ok { // as the verifier left it
		if _, err := seeker.Seek(0, io.SeekStart); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrEnvelope, err)
		}
	}
	var envelope struct {
		Payload []Event `json:"payload"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEnvelope, err)
	}
	if envelope.Payload == nil {
		return nil, fmt.Errorf("%w: it has no array \"payload\"", ErrEnvelope)
	}
	delivery := &Delivery{Events: envelope.Payload, Signature: verified, seen: rc.seen}
	if err := delivery.markDuplicates(r.Context()); err != nil {
		return nil, err
	}
	return delivery, nil
}

// markDuplicates sets Duplicate in the events.
func (d *Delivery) markDuplicates(ctx context.Context) error {
	here := make(map[string]bool, len(d.Events))
	for i := range d.Events {
		event := &d.Events[i]
		if event.ID == "" {
			continue
		}
		before, err := d.seen.Has(ctx, event.ID)
		if err != nil {
			return fmt.Errorf("upvestwebhook: looking up the event %q: %w", event.ID, err)
		}
		event.Duplicate = before || here[event.ID]
		here[event.ID] = true
	}
	return nil
}

// Done remembers that the events were handled. [Receiver.Middleware] calls it when the
// handler has answered 200.
func (d *Delivery) Done(ctx context.Context) error {
	for _, event := range d.Events {
		if event.ID == "" || event.Duplicate {
			continue
		}
		if err := d.seen.Add(ctx, event.ID); err != nil {
			return fmt.Errorf("upvestwebhook: remembering the event %q: %w", event.ID, err)
		}
	}
	return nil
}
