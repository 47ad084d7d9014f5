package sandbox

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Offsets in struct seccomp_data. The lower half of an argument comes first:
// both architectures that are known here are little-endian.
const (
	offNumber = 0
	offArch   = 4
	offArgs   = 16
)

// program is a classic BPF program under construction. Every check is a
// block that either returns or falls through to the next.
type program []unix.SockFilter

func (p *program) add(code uint16, jt, jf uint8, k uint32) {
	*p = append(*p, unix.SockFilter{Code: code, Jt: jt, Jf: jf, K: k})
}

func (p *program) load(off uint32) { p.add(unix.BPF_LD|unix.BPF_W|unix.BPF_ABS, 0, 0, off) }
func (p *program) ret(action uint32) {
	p.add(unix.BPF_RET|unix.BPF_K, 0, 0, action)
}

// refuse answers one system call with an error. The number must be loaded.
func (p *program) refuse(number uint32, errno unix.Errno) {
	p.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, 0, 1, number)
	p.ret(unix.SECCOMP_RET_ERRNO | uint32(errno))
}

// unlessArg answers a system call with EPERM unless the lower half of an
// argument is one of the values; it leaves the number loaded.
func (p *program) unlessArg(number uint32, arg int, values ...uint32) {
	n := uint8(len(values))
	p.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, 0, n+3, number)
	p.load(offArgs + 8*uint32(arg))
	for i, v := range values {
		p.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, n-uint8(i), 0, v)
	}
	p.ret(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM))
	p.load(offNumber)
}

// ifArg answers a system call with EPERM if the lower half of an argument is
// the value; it leaves the number loaded.
func (p *program) ifArg(number uint32, arg int, value uint32) {
	p.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, 0, 4, number)
	p.load(offArgs + 8*uint32(arg))
	p.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, 0, 1, value)
	p.ret(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM))
	p.load(offNumber)
}

// unlessBits answers a system call with EPERM unless one of the bits of an
// argument is set; it leaves the number loaded.
func (p *program) unlessBits(number uint32, arg int, bits uint32) {
	p.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, 0, 4, number)
	p.load(offArgs + 8*uint32(arg))
	p.add(unix.BPF_JMP|unix.BPF_JSET|unix.BPF_K, 1, 0, bits)
	p.ret(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM))
	p.load(offNumber)
}

// ifBits answers a system call with EPERM if any of the bits of an argument
// is set; it leaves the number loaded.
func (p *program) ifBits(number uint32, arg int, bits uint32) {
	p.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, 0, 4, number)
	p.load(offArgs + 8*uint32(arg))
	p.add(unix.BPF_JMP|unix.BPF_JSET|unix.BPF_K, 0, 1, bits)
	p.ret(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM))
	p.load(offNumber)
}

// denied are the system calls that no decoder needs: whatever reaches the
// network, other processes, the kernel's own workings, or names and mounts.
var denied = []uint32{
	// Sockets; those that were handed over work by read, write, sendmsg and recvmsg.
	unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4,
	// Other processes.
	unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PROCESS_MADVISE, unix.SYS_KCMP,
	unix.SYS_PIDFD_OPEN, unix.SYS_PIDFD_GETFD, unix.SYS_PIDFD_SEND_SIGNAL, unix.SYS_RT_SIGQUEUEINFO, unix.SYS_RT_TGSIGQUEUEINFO, unix.SYS_TKILL,
	unix.SYS_MOVE_PAGES, unix.SYS_MIGRATE_PAGES,
	// Namespaces and mounts.
	unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT,
	unix.SYS_OPEN_TREE, unix.SYS_MOVE_MOUNT, unix.SYS_FSOPEN, unix.SYS_FSCONFIG, unix.SYS_FSMOUNT, unix.SYS_FSPICK, unix.SYS_MOUNT_SETATTR,
	unix.SYS_NAME_TO_HANDLE_AT, unix.SYS_OPEN_BY_HANDLE_AT,
	// Doors into the kernel.
	unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
	unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE, unix.SYS_KEXEC_LOAD, unix.SYS_KEXEC_FILE_LOAD,
	unix.SYS_REBOOT, unix.SYS_SWAPON, unix.SYS_SWAPOFF, unix.SYS_ACCT, unix.SYS_QUOTACTL, unix.SYS_SYSLOG, unix.SYS_VHANGUP,
	unix.SYS_PERSONALITY, unix.SYS_FANOTIFY_INIT, unix.SYS_LOOKUP_DCOOKIE, unix.SYS_NFSSERVCTL,
	// Clocks and names of the machine.
	unix.SYS_SETTIMEOFDAY, unix.SYS_CLOCK_SETTIME, unix.SYS_CLOCK_ADJTIME, unix.SYS_ADJTIMEX, unix.SYS_SETHOSTNAME, unix.SYS_SETDOMAINNAME,
	// What Landlock does not guard: owner, mode and times of files, even of
	// those handed over for reading.
	unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_FCHMODAT2, unix.SYS_FCHOWN, unix.SYS_FCHOWNAT,
	unix.SYS_SETXATTR, unix.SYS_LSETXATTR, unix.SYS_FSETXATTR, unix.SYS_REMOVEXATTR, unix.SYS_LREMOVEXATTR, unix.SYS_FREMOVEXATTR,
	unix.SYS_SETXATTRAT, unix.SYS_REMOVEXATTRAT, unix.SYS_UTIMENSAT, unix.SYS_MKNODAT, unix.SYS_CHDIR, unix.SYS_FCHDIR,
	// Message queues and shared memory of System V and POSIX.
	unix.SYS_SHMGET, unix.SYS_SHMAT, unix.SYS_SHMCTL, unix.SYS_MSGGET, unix.SYS_SEMGET, unix.SYS_MQ_OPEN, unix.SYS_MQ_UNLINK,
	// A program from a descriptor.
	unix.SYS_EXECVEAT,
}

// missing are answered as an old kernel would, so that callers fall back on
// calls whose arguments can be seen.
var missing = []uint32{
	unix.SYS_CLONE3, unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER,
}

// filter writes the program. exec leaves execve allowed.
func filter(exec bool, pid int) program {
	var p program
	p.load(offArch)
	p.add(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, 1, 0, auditArch)
	p.ret(unix.SECCOMP_RET_KILL_PROCESS)
	p.load(offNumber)
	if x32Bit != 0 {
		p.add(unix.BPF_JMP|unix.BPF_JGE|unix.BPF_K, 0, 1, x32Bit)
		p.ret(unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS))
	}
	for _, n := range denied {
		p.refuse(n, unix.EPERM)
	}
	for _, n := range deniedHere {
		p.refuse(n, unix.EPERM)
	}
	for _, n := range missing {
		p.refuse(n, unix.ENOSYS)
	}
	if !exec {
		p.refuse(unix.SYS_EXECVE, unix.EPERM)
	}
	// Threads, but no process.
	p.unlessBits(unix.SYS_CLONE, 0, unix.CLONE_THREAD)
	p.ifBits(unix.SYS_CLONE, 0, unix.CLONE_NEWNS|unix.CLONE_NEWCGROUP|unix.CLONE_NEWUTS|unix.CLONE_NEWIPC|unix.CLONE_NEWUSER|unix.CLONE_NEWPID|unix.CLONE_NEWNET)
	// Signals and limits of this process only.
	p.unlessArg(unix.SYS_KILL, 0, uint32(pid))
	p.unlessArg(unix.SYS_TGKILL, 0, uint32(pid))
	p.unlessArg(unix.SYS_PRLIMIT64, 0, 0, uint32(pid))
	// No keystrokes into a terminal.
	p.ifArg(unix.SYS_IOCTL, 1, unix.TIOCSTI)
	p.ifArg(unix.SYS_IOCTL, 1, tiocLinux)
	p.ret(unix.SECCOMP_RET_ALLOW)
	return p
}

const tiocLinux = 0x541C

// filterCalls installs the filter on all threads; false when this kernel or
// architecture has no such thing.
func filterCalls(exec bool) (bool, error) {
	if auditArch == 0 {
		return false, nil
	}
	p := filter(exec, os.Getpid())
	prog := unix.SockFprog{Len: uint16(len(p)), Filter: &p[0]}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return false, fmt.Errorf("set no_new_privs: %w", err)
	}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(p)
	switch {
	case errno == unix.ENOSYS:
		return false, nil
	case errno == unix.EINVAL && !seccompKnown():
		return false, nil
	case errno != 0:
		return false, fmt.Errorf("seccomp: %w", errno)
	case thread != 0:
		return false, errors.New("seccomp: a thread could not be brought under the filter")
	}
	return true, nil
}

// seccompKnown asks whether the kernel was built with seccomp filters.
func seccompKnown() bool {
	action := uint32(unix.SECCOMP_RET_ERRNO)
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&action)))
	return errno == 0
}
