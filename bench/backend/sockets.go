// A crowd of WebSocket clients.
//
// usage: sockets PORT PATH COUNT SECONDS FIRST MESSAGE
//
// Opens COUNT connections, each from an address of its own as a proxy would say it; sends FIRST on each when it is not
// empty, and waits for its answer. Then prints "open". SECONDS > 0: each sends MESSAGE and waits for the answer, over and
// over, and "messages/s, p99 in ms" is printed. SECONDS 0: keeps them until its standard input ends.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// frame is a text frame with a mask of zeros, which leaves the payload as it is.
func frame(text string) []byte {
	head := []byte{0x81, 0x80 | byte(len(text))}
	if len(text) > 125 {
		head = []byte{0x81, 0xFE, byte(len(text) >> 8), byte(len(text))}
	}
	return append(append(head, 0, 0, 0, 0), text...)
}

func skip(r *bufio.Reader) error {
	head := make([]byte, 2)
	if _, err := io.ReadFull(r, head); err != nil {
		return err
	}
	if head[0] != 0x81 {
		return fmt.Errorf("not a text but %x", head[0])
	}
	length := int(head[1])
	if length == 126 {
		if _, err := io.ReadFull(r, head); err != nil {
			return err
		}
		length = int(head[0])<<8 | int(head[1])
	}
	_, err := r.Discard(length)
	return err
}

func open(port, path, first string, number int) (net.Conn, *bufio.Reader, error) {
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		return nil, nil, err
	}
	c.SetDeadline(time.Now().Add(5 * time.Minute))
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nX-Forwarded-For: 198.18.%d.%d\r\nUpgrade: websocket\r\n"+
		"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		path, port, number/250%250, number%250)
	r := bufio.NewReaderSize(c, 1024)
	status := ""
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, nil, err
		}
		if status == "" {
			status = strings.TrimSpace(line)
		}
		if line == "\r\n" {
			break
		}
	}
	if !strings.Contains(status, " 101 ") {
		return nil, nil, fmt.Errorf("no WebSocket but %s", status)
	}
	if first != "" {
		c.Write(frame(first))
		if err := skip(r); err != nil {
			return nil, nil, err
		}
	}
	return c, r, nil
}

// tellAlive sends a pong that nobody asked for on each connection every 10 s (RFC 6455, 5.5.3), so that no server takes
// an idle client for a dead one.
func tellAlive(conns []net.Conn, guard *sync.Mutex) {
	for range time.Tick(10 * time.Second) {
		guard.Lock()
		for _, conn := range conns {
			if conn != nil {
				conn.Write([]byte{0x8A, 0x80, 0, 0, 0, 0})
			}
		}
		guard.Unlock()
	}
}

func main() {
	port, path, first, message := os.Args[1], os.Args[2], os.Args[5], frame(os.Args[6])
	count, _ := strconv.Atoi(os.Args[3])
	seconds, _ := strconv.Atoi(os.Args[4])
	conns, readers := make([]net.Conn, count), make([]*bufio.Reader, count)
	var guard sync.Mutex
	go tellAlive(conns, &guard)
	for i := range conns {
		conn, reader, err := open(port, path, first, i)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		guard.Lock()
		conns[i], readers[i] = conn, reader
		guard.Unlock()
	}
	fmt.Println("open")
	if seconds == 0 {
		io.Copy(io.Discard, os.Stdin)
		return
	}
	var group sync.WaitGroup
	times := make([][]float64, count)
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	for i := range conns {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			for began := time.Now(); began.Before(end); began = time.Now() {
				conns[i].Write(message)
				if err := skip(readers[i]); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				times[i] = append(times[i], time.Since(began).Seconds()*1000)
			}
		}(i)
	}
	group.Wait()
	all := []float64{}
	for _, some := range times {
		all = append(all, some...)
	}
	sort.Float64s(all)
	fmt.Printf("%.0f %.3f\n", float64(len(all))/float64(seconds), all[len(all)*99/100])
}
