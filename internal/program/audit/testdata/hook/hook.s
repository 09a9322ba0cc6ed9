// With this file, hook.go may declare a function that has no body.
