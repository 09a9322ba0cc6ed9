package runtime

import "sync/atomic"

// A session that is in trouble must not make the API's trouble worse: it may
// repeat 100 requests at its own account, and from then on one for each ten
// calls that succeed. The zero retryBudget is full.
type retryBudget struct{ spent atomic.Int64 } // in tenths of a retry

const (
	budgetCapacity = 1000
	budgetRetry    = 10
)

// spend takes one retry, if one is left.
func (b *retryBudget) spend() bool {
	for {
		spent := b.spent.Load()
		if spent+budgetRetry > budgetCapacity {
			return false
		}
		if b.spent.CompareAndSwap(spent, spent+budgetRetry) {
			return true
		}
	}
}

// earn counts a call that succeeded.
func (b *retryBudget) earn() {
	for {
		spent := b.spent.Load()
		if spent == 0 || b.spent.CompareAndSwap(spent, spent-1) {
			return
		}
	}
}
