package runtime

import "sync/atomic"

// retryBudget limits how many requests a session repeats, so that retries do not
// make the trouble of an API worse: 100, and one more for each ten calls that
// succeed. The zero retryBudget is full.
type retryBudget struct{ spent atomic.Int64 } // in tenths of a retry

const (
	budgetCapacity = 1000
	budgetRetry    = 10
)

// spend takes one retry from the budget, and reports whether there was one.
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

// earn adds a tenth of a retry, for a call that succeeded.
func (b *retryBudget) earn() {
	for {
		spent := b.spent.Load()
		if spent == 0 || b.spent.CompareAndSwap(spent, spent-1) {
			return
		}
	}
}
