//go:build linux

// Box runs the daemons of one Kubernetes node in namespaces of their own: mounts, network, processes,
// host name and cgroups. The first process in it ends with this one, and everything else with that, so
// that nothing but empty cgroups is left however this program ends.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
)

// Spec says what is in the box. Paths are of the machine but for those of programs.
type Spec struct {
	// The root filesystem; it is read, never written.
	Root string `json:"root"`
	// What is written lies here.
	Directory string   `json:"directory"`
	Hostname  string   `json:"hostname"`
	Network   Network  `json:"network"`
	Cgroups   []Cgroup `json:"cgroups"`
	Mounts    []Mount  `json:"mounts"`
	// Begun in this order.
	Programs []Program `json:"programs"`
}

// Network is a pair of devices, one of them in the box.
type Network struct {
	// The device's name on the machine.
	Device      string `json:"device"`
	HostAddress string `json:"hostAddress"`
	NodeAddress string `json:"nodeAddress"`
	PrefixBits  int    `json:"prefixBits"`
	// What the machine reaches through the box.
	Routes []string `json:"routes"`
	// Ports of HostAddress that lead to the same ports of the machine's loopback.
	Forward []int `json:"forward"`
}

// Cgroup is a directory that was made for the box in one hierarchy.
type Cgroup struct {
	Directory string `json:"directory"`
	Hierarchy string `json:"hierarchy"`
	// "cgroup" or "cgroup2".
	Type string `json:"type"`
	// Of the mount, such as "cpu,cpuacct"; for version 1.
	Options string `json:"options"`
}

// Mount binds a path of the machine to one of the box.
type Mount struct {
	From     string `json:"from"`
	To       string `json:"to"`
	ReadOnly bool   `json:"readOnly"`
}

// Program is a daemon, which is begun again when it ends, or a step, which has to end well before what
// comes next begins.
type Program struct {
	Name    string   `json:"name"`
	Command []string `json:"command"`
	IsStep  bool     `json:"isStep"`
	// Begins when this path is there.
	After string `json:"after"`
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("box: ")
	if len(os.Args) == 2 && os.Args[1] == "pause" {
		pause()
		return
	}
	if len(os.Args) > 2 && os.Args[1] == "forward" {
		log.Fatal(forwardAll(os.Args[2:]))
	}
	if len(os.Args) != 3 {
		log.Fatal("usage: box run SPEC.json, box forward ADDRESS:PORT=TARGET:PORT…, or box pause")
	}
	spec, err := read(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	switch os.Args[1] {
	case "run":
		err = run(spec)
	case "enter":
		err = enter(spec)
	case "serve":
		err = serve(spec)
	default:
		err = fmt.Errorf("no command %q, only run", os.Args[1])
	}
	if err != nil {
		log.Fatal(err)
	}
}

// Pause is the first container of a pod: it holds the pod's namespaces until it is asked to end, and
// reaps, where the pod's containers share their processes.
func pause() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	for {
		select {
		case <-stop:
			return
		case <-children:
			for {
				if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
					break
				}
			}
		}
	}
}

func read(path string) (*Spec, error) {
	bytes, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	spec := &Spec{}
	if err := json.Unmarshal(bytes, spec); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return spec, nil
}

// Run makes the namespaces, puts their first process into the cgroups and wires the network up.
func run(spec *Spec) error {
	// The child dies with the thread that made it, not with the process.
	runtime.LockOSThread()
	child := exec.Command("/proc/self/exe", "enter", os.Args[2])
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	start, err := child.StdinPipe()
	if err != nil {
		return err
	}
	child.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET |
			syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
		Pdeathsig: syscall.SIGKILL,
	}
	if err := child.Start(); err != nil {
		return fmt.Errorf("namespaces: %w (root has to run this)", err)
	}
	defer child.Process.Kill()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	if err := prepare(spec, child.Process.Pid); err != nil {
		return err
	}
	if _, err := start.Write([]byte("\n")); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	select {
	case err := <-ended:
		return fmt.Errorf("the first process ended: %v", err)
	case <-stop:
		_ = child.Process.Kill()
		<-ended
		return nil
	}
}

func prepare(spec *Spec, pid int) error {
	for _, cgroup := range spec.Cgroups {
		file := filepath.Join(cgroup.Directory, "cgroup.procs")
		if err := os.WriteFile(file, []byte(strconv.Itoa(pid)), 0); err != nil {
			return fmt.Errorf("cgroup: %w", err)
		}
	}
	if err := joinNetworks(spec, pid); err != nil {
		return err
	}
	for _, port := range spec.Network.Forward {
		from := fmt.Sprintf("%s:%d", spec.Network.HostAddress, port)
		if err := forward(from, fmt.Sprintf("127.0.0.1:%d", port)); err != nil {
			return err
		}
	}
	return nil
}
