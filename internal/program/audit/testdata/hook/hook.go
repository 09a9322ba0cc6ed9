// Package hook calls a function of a program that it does not know. It knows nothing
// of any API.
package hook

// hooked is a function of the program, which gives it this name.
func hooked()

// Run calls it.
func Run() { hooked() }
