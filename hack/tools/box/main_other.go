//go:build !linux

package main

import "log"

func main() { log.Fatal("box: namespaces need Linux") }
