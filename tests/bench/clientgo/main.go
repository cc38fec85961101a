// SPDX-License-Identifier: GPL-3.0-or-later

// The peer of bench_sync that sits on client-go: dynamic informers over pods and, where machines are expected,
// virtual machine instances, as controllers and k9s hold them. Ends with 0 as soon as so many objects were
// added and so many updates seen, with 1 after ten minutes.
//
//	clientgo-informer KUBECONFIG OBJECTS UPDATES MACHINES(0|1)
package main

import (
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func number(text string) int64 {
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		fail(err)
	}
	return value
}

func main() {
	if len(os.Args) != 5 {
		fail(fmt.Errorf("usage: %s KUBECONFIG OBJECTS UPDATES MACHINES", os.Args[0]))
	}
	objects, updates := number(os.Args[2]), number(os.Args[3])
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	if err != nil {
		fail(err)
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		fail(err)
	}
	var added, updated atomic.Int64
	done := make(chan struct{}, 1)
	told := func(count *atomic.Int64) {
		count.Add(1)
		if added.Load() >= objects && updated.Load() >= updates {
			select {
			case done <- struct{}{}:
			default:
			}
		}
	}
	kinds := []schema.GroupVersionResource{{Version: "v1", Resource: "pods"}}
	if number(os.Args[4]) != 0 {
		kinds = append(kinds, schema.GroupVersionResource{
			Group: "kubevirt.io", Version: "v1", Resource: "virtualmachineinstances"})
	}
	factory := dynamicinformer.NewDynamicSharedInformerFactory(client, 0)
	for _, kind := range kinds {
		_, err := factory.ForResource(kind).Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(any) { told(&added) },
			UpdateFunc: func(any, any) { told(&updated) },
		})
		if err != nil {
			fail(err)
		}
	}
	stop := make(chan struct{})
	factory.Start(stop)
	select {
	case <-done:
	case <-time.After(10 * time.Minute):
		fail(fmt.Errorf("%d objects and %d updates seen", added.Load(), updated.Load()))
	}
}
