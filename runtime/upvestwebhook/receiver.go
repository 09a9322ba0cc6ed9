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

// ErrEnvelope is wrapped by errors of decoding a delivery whose signature holds.
var ErrEnvelope = errors.New("webhook delivery")

// Policy is what a [Receiver] asks for. Only Keys must be there.
type Policy struct {
	// Keys returns the key of an id: [Keys.Lookup].
	Keys func(ctx context.Context, keyID string) (httpsig.Key, error)
	// Seen remembers the ids of events that were handled. Nil: a
	// [NewMemorySeen] of 10,000.
	Seen Seen
	// Label names the signature that is verified. Empty: a delivery must have
	// exactly one.
	Label string
	// MaxAge is how old a signature may be. 0: 5 minutes.
	MaxAge time.Duration
	// Skew is how far the clocks of sender and receiver may differ. 0: 5 seconds.
	// Negative: not at all.
	Skew time.Duration
	// MaxBody is the longest body, in bytes. 0: 10 MiB.
	MaxBody int64
	// Nonces refuses a signature that comes a second time. Nil: it passes, since a
	// delivery that was not answered with 200 may come again as it was; its events
	// then show as duplicates if they were handled.
	Nonces httpsig.NonceStore
	// Now is the clock. Nil: time.Now.
	Now func() time.Time
	// Refused is told what [Receiver.Middleware] refuses, and why, for a log. The
	// sender is told little. Nil: nobody.
	Refused func(r *http.Request, err error)
}

// Receiver verifies and decodes deliveries. It is safe for concurrent use.
type Receiver struct {
	verifier *httpsig.Verifier
	seen     Seen
	refused  func(*http.Request, error)
}

// NewReceiver returns a receiver. Errors are those of [httpsig.NewVerifier].
func NewReceiver(policy Policy) (*Receiver, error) {
	verifier, err := httpsig.NewVerifier(httpsig.UpvestV6(), httpsig.Policy{
		Keys: policy.Keys,
		// More would be safe to ask for, but what else Upvest covers is not documented.
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
	CreatedAt time.Time       // zero if it was not understood
	Object    json.RawMessage // what the event is about, as it came
	WebhookID string
	Duplicate bool // an event of this id was handled before, or stands before it in the delivery
}

// UnmarshalJSON reads an event. Members that are not known are passed over: a
// delivery that is refused comes again, and blocks all that follow.
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

// Delivery is a verified request with its events, in their order.
type Delivery struct {
	Events    []Event
	Signature httpsig.Verified

	seen Seen
}

// Receive verifies a request that a server received and decodes it; the body can
// be read again. Call [Delivery.Done] when the events are handled. Errors are
// those of [httpsig.Verifier.Verify] and of the Seen store, or wrap [ErrEnvelope]
// or [ErrKeySet].
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
		return nil, fmt.Errorf("%w: it has no list \"payload\"", ErrEnvelope)
	}
	delivery := &Delivery{Events: envelope.Payload, Signature: verified, seen: rc.seen}
	if err := delivery.markDuplicates(r.Context()); err != nil {
		return nil, err
	}
	return delivery, nil
}

func (d *Delivery) markDuplicates(ctx context.Context) error {
	here := make(map[string]bool, len(d.Events))
	for i := range d.Events {
		event := &d.Events[i]
		if event.ID == "" {
			continue
		}
		before, err := d.seen.Has(ctx, event.ID)
		if err != nil {
			return fmt.Errorf("upvestwebhook: look up event %q: %w", event.ID, err)
		}
		event.Duplicate = before || here[event.ID]
		here[event.ID] = true
	}
	return nil
}

// Done remembers that the events are handled. [Receiver.Middleware] calls it
// itself once the handler answered 200.
func (d *Delivery) Done(ctx context.Context) error {
	for _, event := range d.Events {
		if event.ID == "" || event.Duplicate {
			continue
		}
		if err := d.seen.Add(ctx, event.ID); err != nil {
			return fmt.Errorf("upvestwebhook: remember event %q: %w", event.ID, err)
		}
	}
	return nil
}
