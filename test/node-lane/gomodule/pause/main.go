// Command pause is the first process of a process namespace. Alone it holds a pod's namespaces open; with arguments it runs that
// program, ends with it, and meanwhile collects the processes whose parents have died.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	child := -1
	if len(os.Args) > 1 {
		child = start(os.Args[1:])
	}
	for received := range signals {
		if received != syscall.SIGCHLD {
			os.Exit(0)
		}
		collect(child)
	}
}

// start passes file descriptors 3 and 4 on too: the listening sockets that belong to the network namespace of the caller.
func start(command []string) int {
	process, err := os.StartProcess(command[0], command, &os.ProcAttr{
		Files: []*os.File{os.Stdin, os.Stdout, os.Stderr, os.NewFile(3, "api"), os.NewFile(4, "ingress")},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return process.Pid
}

func collect(child int) {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err != nil || pid <= 0 {
			return
		}
		if pid == child {
			os.Exit(status.ExitStatus())
		}
	}
}
