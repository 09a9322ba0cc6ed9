// Package container is what a container of dependencies and a library of generic
// functions look like to the cases. It knows nothing of any API.
package container

import (
	"context"
	"iter"
	"reflect"
)

// Container holds constructors.
type Container struct{ constructors []reflect.Value }

// New returns an empty container.
func New() *Container { return &Container{} }

// Provide adds a constructor.
func (c *Container) Provide(constructor any) {
	c.constructors = append(c.constructors, reflect.ValueOf(constructor))
}

func (c *Container) find(t reflect.Type) reflect.Value {
	for _, constructor := range c.constructors {
		if made := constructor.Type().Out(0); made.AssignableTo(t) {
			return constructor.Call(nil)[0]
		}
	}
	panic("nothing provides a " + t.String())
}

// Get returns a T.
func Get[T any](c *Container) T { return c.find(reflect.TypeFor[T]()).Interface().(T) }

// Invoke calls f.
func (c *Container) Invoke(f any) {
	v := reflect.ValueOf(f)
	v.Call([]reflect.Value{c.find(v.Type().In(0))})
}

type fetcher[K, O, V any] interface {
	GetOrder(context.Context, K, ...O) (V, error)
}

// Fetch calls through an interface that is made of its type arguments alone.
func Fetch[K, O, V any](ctx context.Context, from any, key K) {
	if f, ok := from.(fetcher[K, O, V]); ok {
		_, _ = f.GetOrder(ctx, key)
	}
}

// Keep keeps a value.
func Keep[T any](v T) { kept = v }

var kept any

// Twice runs an iterator twice.
func Twice[T any](seq iter.Seq[T]) iter.Seq[T] {
	return func(yield func(T) bool) {
		for range 2 {
			seq(yield)
		}
	}
}
