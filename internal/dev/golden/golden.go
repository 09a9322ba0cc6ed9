// Package golden holds a catalogue that says everything a catalogue can say,
// and the packages generated from it, which tests compile and call.
package golden

//go:generate go run ../../../cmd/scopegen generate
