//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"time"
)

const dialTimeout = 5 * time.Second

// Forward takes connections to address:port in one namespace (nil: outside) and leads them to that port
// of loopback in the other.
func forward(from *namespace, address string, to *namespace, port int) error {
	if port < 1 || port > 65535 {
		return fmt.Errorf("a port must be 1 to 65535, not %d", port)
	}
	var listener net.Listener
	var err error
	from.do(func() { listener, err = net.Listen("tcp4", fmt.Sprintf("%s:%d", address, port)) })
	if err != nil {
		return err
	}
	target := fmt.Sprintf("%s:%d", loopback, port)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go join(connection.(*net.TCPConn), to, target)
		}
	}()
	return nil
}

func join(near *net.TCPConn, to *namespace, target string) {
	defer near.Close()
	var far net.Conn
	var err error
	to.do(func() { far, err = net.DialTimeout("tcp4", target, dialTimeout) })
	if err != nil {
		_ = near.SetLinger(0) // refused there is refused here
		return
	}
	defer far.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		pump(near, far.(*net.TCPConn))
	}()
	pump(far.(*net.TCPConn), near)
	<-done
}

// Pump copies until the end, and passes the end on; a broken half breaks the other.
func pump(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		_ = to.SetLinger(0)
		_ = to.Close()
		_ = from.Close()
		return
	}
	_ = to.CloseWrite()
}
