//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

const cgroupRoot = "/sys/fs/cgroup"

// Kubelets set these for the whole machine. Here they read what they want, and nothing changes.
var kernelTunables = map[string]string{
	"/proc/sys/vm/overcommit_memory":      "1",
	"/proc/sys/vm/panic_on_oom":           "0",
	"/proc/sys/kernel/panic":              "10",
	"/proc/sys/kernel/panic_on_oops":      "1",
	"/proc/sys/kernel/keys/root_maxkeys":  "1000000",
	"/proc/sys/kernel/keys/root_maxbytes": "25000000",
}

// Enter is the first process in the box: it makes the filesystem and becomes what serves.
func enter(spec *Spec) error {
	if _, err := os.Stdin.Read(make([]byte, 1)); err != nil {
		return fmt.Errorf("nobody said that the box may begin: %w", err)
	}
	runtime.LockOSThread()
	if err := syscall.Unshare(syscall.CLONE_NEWCGROUP); err != nil {
		return fmt.Errorf("a cgroup namespace: %w", err)
	}
	if err := syscall.Sethostname([]byte(spec.Hostname)); err != nil {
		return err
	}
	// Read again after the root is another.
	text, err := os.ReadFile(os.Args[2])
	if err != nil {
		return err
	}
	if err := makeRoot(spec); err != nil {
		return err
	}
	inside := "/run/box.json"
	if err := os.WriteFile(inside, text, 0o600); err != nil {
		return err
	}
	environment := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root", "LANG=C.UTF-8"}
	return syscall.Exec("/proc/self/exe", []string{"box", "serve", inside}, environment)
}

func makeRoot(spec *Spec) error {
	if err := syscall.Mount("", "/", "", syscall.MS_PRIVATE|syscall.MS_REC, ""); err != nil {
		return fmt.Errorf("private mounts: %w", err)
	}
	root := filepath.Join(spec.Directory, "root")
	upper, work := filepath.Join(spec.Directory, "upper"), filepath.Join(spec.Directory, "work")
	for _, path := range []string{root, upper, work} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
	}
	layers := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", spec.Root, upper, work)
	if err := mount("overlay", root, "overlay", 0, layers); err != nil {
		return err
	}
	if err := mountSystem(root); err != nil {
		return err
	}
	if err := mountCgroups(root, spec.Cgroups); err != nil {
		return err
	}
	for _, each := range spec.Mounts {
		if err := bind(each.From, filepath.Join(root, each.To), each.ReadOnly); err != nil {
			return err
		}
	}
	old := filepath.Join(root, "old")
	if err := os.MkdirAll(old, 0o700); err != nil {
		return err
	}
	if err := pivot(root, old); err != nil {
		return err
	}
	// What a daemon of the box mounts shows in its pods and nowhere else.
	if err := syscall.Mount("", "/", "", syscall.MS_SHARED|syscall.MS_REC, ""); err != nil {
		return err
	}
	return maskTunables()
}

func mountSystem(root string) error {
	for _, each := range []struct {
		from, to, kind string
		flags          uintptr
		options        string
	}{
		{"proc", "/proc", "proc", 0, ""},
		{"sysfs", "/sys", "sysfs", 0, ""},
		{"/dev", "/dev", "", syscall.MS_BIND | syscall.MS_REC, ""},
		{"tmpfs", "/run", "tmpfs", 0, "mode=755"},
		{"tmpfs", "/tmp", "tmpfs", 0, "mode=1777"},
	} {
		to := filepath.Join(root, each.to)
		if err := mount(each.from, to, each.kind, each.flags, each.options); err != nil {
			return err
		}
	}
	return nil
}

func mountCgroups(root string, cgroups []Cgroup) error {
	base := filepath.Join(root, cgroupRoot)
	for _, each := range cgroups {
		if each.Type == "cgroup2" && each.Hierarchy == cgroupRoot {
			return mount("cgroup2", base, "cgroup2", 0, "")
		}
	}
	if err := mount("tmpfs", base, "tmpfs", 0, "mode=755"); err != nil {
		return err
	}
	for _, each := range cgroups {
		to := filepath.Join(base, filepath.Base(each.Hierarchy))
		if err := os.MkdirAll(to, 0o755); err != nil {
			return err
		}
		if err := mount(each.Type, to, each.Type, 0, each.Options); err != nil {
			return err
		}
		// Where two controllers share a hierarchy, each is looked for by its own name too.
		for _, name := range strings.Split(filepath.Base(each.Hierarchy), ",") {
			_ = os.Symlink(filepath.Base(each.Hierarchy), filepath.Join(base, name))
		}
	}
	return nil
}

func bind(from, to string, readOnly bool) error {
	if err := makeTarget(from, to); err != nil {
		return err
	}
	if err := mount(from, to, "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
		return err
	}
	if !readOnly {
		return nil
	}
	return mount("", to, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
}

func makeTarget(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.MkdirAll(to, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(to, os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

func pivot(root, old string) error {
	if err := syscall.PivotRoot(root, old); err != nil {
		return fmt.Errorf("another root: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	if err := syscall.Unmount("/old", syscall.MNT_DETACH); err != nil {
		return err
	}
	return os.Remove("/old")
}

func maskTunables() error {
	for path, value := range kernelTunables {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		file := filepath.Join("/run", "tunables", strings.ReplaceAll(path, "/", "-"))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(value+"\n"), 0o644); err != nil {
			return err
		}
		if err := bind(file, path, false); err != nil {
			return err
		}
	}
	return nil
}

func mount(from, to, kind string, flags uintptr, options string) error {
	if err := syscall.Mount(from, to, kind, flags, options); err != nil {
		return fmt.Errorf("mount %s (%s) at %s: %w", from, kind, to, err)
	}
	return nil
}
