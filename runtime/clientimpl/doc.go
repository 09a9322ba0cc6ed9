// Package clientimpl holds the parts of package runtime that generated clients
// alone use. Programs have no need to import it.
package clientimpl
