//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"syscall"
	"unsafe"
)

const (
	loopback   = "127.0.0.1"
	deviceName = "link0"
	tunDevice  = "/dev/net/tun"
	iffTun     = 0x1
	iffNoPi    = 0x1000
	tunSetIff  = 0x400454ca
)

// Namespace is a new network namespace with loopback and one end of the line.
type namespace struct {
	path string
	tun  *os.File
	work chan func()
}

// NewNamespace keeps one thread in the namespace, which is there as long as the thread is.
func newNamespace(address string) (*namespace, error) {
	made := &namespace{work: make(chan func())}
	failed := make(chan error)
	go func() {
		// Never unlocked: no other goroutine may run in this namespace.
		runtime.LockOSThread()
		err := made.enter(address)
		failed <- err
		if err != nil {
			return
		}
		for job := range made.work {
			job()
		}
	}()
	return made, <-failed
}

func (n *namespace) enter(address string) error {
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		return fmt.Errorf("a network namespace: %w (root has to run this)", err)
	}
	n.path = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), syscall.Gettid())
	tun, err := openTun()
	if err != nil {
		return err
	}
	n.tun = tun
	if err := bringUp("lo", "127.0.0.1", [4]byte{255, 0, 0, 0}); err != nil {
		return err
	}
	return bringUp(deviceName, address, [4]byte{255, 255, 255, 252})
}

// Do runs the job on the thread of the namespace: sockets that it opens belong there for ever.
func (n *namespace) do(job func()) {
	if n == nil {
		job()
		return
	}
	done := make(chan struct{})
	n.work <- func() {
		defer close(done)
		job()
	}
	<-done
}

func openTun() (*os.File, error) {
	fd, err := syscall.Open(tunDevice, syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tunDevice, err)
	}
	var request [40]byte
	copy(request[:syscall.IFNAMSIZ-1], deviceName)
	*(*uint16)(unsafe.Pointer(&request[syscall.IFNAMSIZ])) = iffTun | iffNoPi
	if err := ioctl(fd, tunSetIff, &request); err != nil {
		return nil, fmt.Errorf("a TUN device: %w", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), tunDevice), nil
}

func bringUp(device, address string, mask [4]byte) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	ip := [4]byte(net.ParseIP(address).To4())
	for _, step := range []struct {
		code  uintptr
		value []byte
	}{
		{syscall.SIOCSIFADDR, socketAddress(ip)},
		{syscall.SIOCSIFNETMASK, socketAddress(mask)},
		{syscall.SIOCSIFFLAGS, []byte{syscall.IFF_UP | syscall.IFF_RUNNING, 0}},
	} {
		var request [40]byte
		copy(request[:syscall.IFNAMSIZ-1], device)
		copy(request[syscall.IFNAMSIZ:], step.value)
		if err := ioctl(fd, step.code, &request); err != nil {
			return fmt.Errorf("%s with %s: %w", device, address, err)
		}
	}
	return nil
}

func socketAddress(ip [4]byte) []byte {
	bytes := make([]byte, 16)
	*(*uint16)(unsafe.Pointer(&bytes[0])) = syscall.AF_INET
	copy(bytes[4:], ip[:])
	return bytes
}

func ioctl(fd int, code uintptr, request *[40]byte) error {
	_, _, err := syscall.Syscall(
		syscall.SYS_IOCTL, uintptr(fd), code, uintptr(unsafe.Pointer(request)))
	if err != 0 {
		return err
	}
	return nil
}
