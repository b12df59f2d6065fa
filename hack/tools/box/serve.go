//go:build linux

package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	pollEvery   = 50 * time.Millisecond
	afterWithin = 60 * time.Second
	// A daemon that ends sooner, so often, has a fault that starting it again does not mend.
	quickEnd      = 10 * time.Second
	maxQuickEnds  = 5
	restartsAfter = time.Second
	logDirectory  = "/var/log/box"
)

type running struct {
	daemon Program
	since  time.Time
	quick  int
}

// Serve brings the network up, begins the programs and keeps the daemons running.
func serve(spec *Spec) error {
	if err := raiseNetwork(spec.Network); err != nil {
		return err
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0); err != nil {
		return err
	}
	if err := delegate(spec.Cgroups); err != nil {
		return err
	}
	processes := map[int]*running{}
	for _, program := range spec.Programs {
		var err error
		if program.IsStep {
			err = runStep(program)
		} else {
			err = begin(processes, &running{daemon: program})
		}
		if err != nil {
			return err
		}
	}
	return keep(processes)
}

// Keep reaps what ends, as the first process has to, and starts daemons again.
func keep(processes map[int]*running) error {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("nothing is left to wait for: %w", err)
		}
		ended, isDaemon := processes[pid]
		if !isDaemon {
			continue
		}
		delete(processes, pid)
		log.Printf("%s ended: %v", ended.daemon.Name, describe(status))
		if time.Since(ended.since) < quickEnd {
			ended.quick++
		} else {
			ended.quick = 0
		}
		if ended.quick > maxQuickEnds {
			return fmt.Errorf("%s ends again and again", ended.daemon.Name)
		}
		time.Sleep(restartsAfter)
		if err := begin(processes, ended); err != nil {
			return err
		}
	}
}

func begin(processes map[int]*running, each *running) error {
	if err := await(each.daemon); err != nil {
		return err
	}
	// Not exec.Cmd: its Wait and ours would take the end from one another.
	process, err := start(each.daemon)
	if err != nil {
		return err
	}
	each.since = time.Now()
	processes[process.Pid] = each
	return nil
}

func start(daemon Program) (*os.Process, error) {
	file, err := openLog(daemon.Name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	path, err := exec.LookPath(daemon.Command[0])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", daemon.Name, err)
	}
	return os.StartProcess(path, daemon.Command, &os.ProcAttr{
		Dir:   "/",
		Env:   os.Environ(),
		Files: []*os.File{nil, file, file},
	})
}

func runStep(step Program) error {
	if err := await(step); err != nil {
		return err
	}
	process, err := start(step)
	if err != nil {
		return err
	}
	state, err := process.Wait()
	if err != nil {
		return err
	}
	if !state.Success() {
		return fmt.Errorf("%s: %s", step.Name, state)
	}
	return nil
}

func await(daemon Program) error {
	if daemon.After == "" {
		return nil
	}
	deadline := time.Now().Add(afterWithin)
	for {
		if _, err := os.Stat(daemon.After); err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: %s did not appear in %s", daemon.Name, daemon.After, afterWithin)
		}
		time.Sleep(pollEvery)
	}
}

func openLog(name string) (*os.File, error) {
	if err := os.MkdirAll(logDirectory, 0o755); err != nil {
		return nil, err
	}
	path := filepath.Join(logDirectory, name+".log")
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}

// Delegate gives the controllers of version 2 to the groups below: a group with processes cannot.
func delegate(cgroups []Cgroup) error {
	for _, each := range cgroups {
		if each.Type != "cgroup2" || each.Hierarchy != cgroupRoot {
			continue
		}
		daemons := filepath.Join(cgroupRoot, "daemons")
		if err := os.MkdirAll(daemons, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(daemons, "cgroup.procs"), []byte("0"), 0); err != nil {
			return err
		}
		names, err := os.ReadFile(filepath.Join(cgroupRoot, "cgroup.controllers"))
		if err != nil {
			return err
		}
		for _, name := range strings.Fields(string(names)) {
			file := filepath.Join(cgroupRoot, "cgroup.subtree_control")
			if err := os.WriteFile(file, []byte("+"+name), 0); err != nil {
				return fmt.Errorf("controller %s: %w", name, err)
			}
		}
	}
	return nil
}

func describe(status syscall.WaitStatus) string {
	if status.Signaled() {
		return status.Signal().String()
	}
	return fmt.Sprintf("exit %d", status.ExitStatus())
}
