//go:build !linux

package main

import "log"

func main() { log.Fatal("link: network namespaces need Linux") }
