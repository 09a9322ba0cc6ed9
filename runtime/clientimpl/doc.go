// Package clientimpl holds what generated code alone uses beside package runtime:
// descriptions of APIs and operations, iterators over pages, and the JSON of unions
// and of objects with members that no field knows. Programs have no need to import it.
package clientimpl
