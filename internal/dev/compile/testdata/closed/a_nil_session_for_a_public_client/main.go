package main

import (
	"context"

	"github.com/scopegen/scopegen/generated/upvest/auth"
	"github.com/scopegen/scopegen/internal/dev/compile/counting"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	counting.Try(func(runtime.Server) error {
		_, err := auth.NewPublic(nil).IssueToken(context.Background(), auth.AccessTokenRequest{})
		return err
	})
}
