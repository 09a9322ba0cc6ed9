package grant

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/internal/ascii"
)

const deviceType = "urn:ietf:params:oauth:grant-type:device_code"

// Device has a person authorize the client on another device (RFC 8628).
type Device struct {
	// Show tells the person what to do. An error ends the login.
	Show func(ctx context.Context, code DeviceCode) error
}

// DeviceCode is what a person needs.
type DeviceCode struct {
	UserCode string // to be typed at URL
	URL      string // https, or on this machine
	Complete string // URL with the code in it, for a QR code; "" if there is none
	Expires  time.Time
}

const (
	firstInterval = 5 * time.Second // between polls, if the server does not say (RFC 8628, section 3.5)
	slower        = 5 * time.Second
	shortestPoll  = time.Second
	longestPoll   = time.Minute
	longestDevice = time.Hour
)

func (f Device) authorize(ctx context.Context, r *runtime.TokenRequest, g RefreshToken) (runtime.AccessToken, error) {
	var none runtime.AccessToken
	if err := runtime.HasGrant(r.API(), deviceType); err != nil {
		return none, err
	}
	if f.Show == nil {
		return none, errors.New("Device.Show is nil: it tells the person what to do")
	}
	begun := r.Clock().Now()
	text, err := r.SendTo(ctx, runtime.DeviceEndpoint, g.Client, with(g.Parameters, "scope", r.Scope()))
	if err != nil {
		return none, err
	}
	var response struct {
		DeviceCode string  `json:"device_code"`
		UserCode   string  `json:"user_code"`
		URL        string  `json:"verification_uri"`
		GoogleURL  string  `json:"verification_url"` // as the draft of RFC 8628 had it
		Complete   string  `json:"verification_uri_complete"`
		ExpiresIn  float64 `json:"expires_in"`
		Interval   float64 `json:"interval"`
	}
	if json.Unmarshal(text, &response) != nil || response.DeviceCode == "" || response.ExpiresIn <= 0 { // the parser's error would quote it
		return none, errors.New("the device authorization endpoint's response lacks device_code or expires_in")
	}
	response.URL = cmp.Or(response.URL, response.GoogleURL)
	if !visible(response.UserCode, 100) || !page(response.URL) || response.Complete != "" && !page(response.Complete) {
		return none, errors.New("the device authorization endpoint's response has a user code or a verification URL that is not fit to be shown: the code must be short and printable, the URL https")
	}
	life := time.Duration(min(response.ExpiresIn, longestDevice.Seconds()) * float64(time.Second))
	interval := firstInterval
	if response.Interval > 0 {
		interval = max(shortestPoll, time.Duration(min(response.Interval, longestPoll.Seconds())*float64(time.Second)))
	}
	if err := f.Show(ctx, DeviceCode{response.UserCode, response.URL, response.Complete, begun.Add(life)}); err != nil {
		return none, err
	}
	for {
		if err := wait(ctx, r.Clock(), interval); err != nil {
			return none, err
		}
		if !r.Clock().Now().Before(begun.Add(life)) {
			return none, errors.New("the person did not authorize the client in time: log in again")
		}
		token, err := r.Send(ctx, g.Client, url.Values{"grant_type": {deviceType}, "device_code": {response.DeviceCode}})
		if err == nil {
			return token, nil
		}
		refused, ok := errors.AsType[*runtime.TokenError](err)
		switch {
		case !ok || ctx.Err() != nil:
			return none, err
		case refused.Code == "authorization_pending":
		case refused.Code == "slow_down":
			interval = min(interval+slower, longestPoll)
		case refused.Code == "access_denied":
			return none, fmt.Errorf("the person refused: %w", err)
		case refused.Code == "expired_token":
			return none, fmt.Errorf("the person did not authorize the client in time: log in again: %w", err)
		case refused.Passing():
			interval = min(2*interval, longestPoll)
		default:
			return none, err
		}
	}
}

// wait waits for d by the clock, or until ctx ends.
func wait(ctx context.Context, clock runtime.Clock, d time.Duration) error {
	over := make(chan struct{})
	timer := clock.AfterFunc(d, func() { close(over) })
	defer timer.Stop()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// page reports whether a person may be sent to a URL.
func page(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.User != nil || !visible(text, 2000) {
		return false
	}
	return u.Scheme == "https" && u.Hostname() != "" || u.Scheme == "http" && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1")
}

// visible reports whether a text is short, not empty, and visible ASCII.
func visible(text string, longest int) bool {
	return text != "" && len(text) <= longest && ascii.Visible(text)
}
