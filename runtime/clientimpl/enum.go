package clientimpl

import "slices"

// OneOf reports whether a text is among the values that an enum had when its code was
// generated. (It is no part of each enum's code, which would take longer to compile.)
//
//go:noinline
func OneOf(text string, values ...string) bool { return slices.Contains(values, text) }
