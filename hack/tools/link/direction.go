//go:build linux

package main

import (
	"container/heap"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	maxPacketBytes = 65536
	// What is under way at most in one direction; what comes then is lost, as in a full router.
	maxPackets = 20_000
	maxDelayMs = 60_000
)

// Settings of the line; the zero value is a good one. Percentages are of packets.
type Settings struct {
	DelayMs     float64 `json:"delayMs"`
	JitterMs    float64 `json:"jitterMs"`
	LossPercent float64 `json:"lossPercent"`
	// So many do not wait, and so overtake those that do.
	ReorderPercent   float64 `json:"reorderPercent"`
	DuplicatePercent float64 `json:"duplicatePercent"`
	// 0: no limit.
	RateKbps float64 `json:"rateKbps"`
	// "", "both", "up" (from the member), "down" (to the member).
	Cut string `json:"cut"`
}

func (s Settings) check() error {
	for name, value := range map[string]float64{
		"lossPercent": s.LossPercent, "reorderPercent": s.ReorderPercent,
		"duplicatePercent": s.DuplicatePercent,
	} {
		if value < 0 || value > 100 {
			return fmt.Errorf("%s must be 0 to 100, not %g", name, value)
		}
	}
	if s.DelayMs < 0 || s.JitterMs < 0 || s.DelayMs+s.JitterMs > maxDelayMs {
		return fmt.Errorf("delayMs and jitterMs must be 0 to %d together", maxDelayMs)
	}
	if s.RateKbps < 0 {
		return fmt.Errorf("rateKbps must not be below 0, and is %g", s.RateKbps)
	}
	switch s.Cut {
	case "", "both", "up", "down":
		return nil
	}
	return fmt.Errorf("cut must be both, up, down or nothing, not %q", s.Cut)
}

type packet struct {
	bytes []byte
	due   time.Time
	// Of packets that are due at the same time the first stays the first.
	number uint64
}

type queue []packet

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q queue) Less(i, j int) bool {
	if q[i].due.Equal(q[j].due) {
		return q[i].number < q[j].number
	}
	return q[i].due.Before(q[j].due)
}
func (q *queue) Push(x any) { *q = append(*q, x.(packet)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	(*q)[len(*q)-1] = packet{}
	*q = (*q)[:len(*q)-1]
	return last
}

// Direction carries packets one way.
type direction struct {
	from, to io.ReadWriter
	mutex    sync.Mutex
	random   *rand.Rand
	settings Settings
	isCut    bool
	waiting  queue
	number   uint64
	lastDue  time.Time
	freeAt   time.Time
	wake     chan struct{}
	counters map[string]int64
}

func newDirection(seed uint64, from, to io.ReadWriter) *direction {
	return &direction{
		from: from, to: to,
		random:   rand.New(rand.NewPCG(seed, seed)),
		wake:     make(chan struct{}, 1),
		counters: map[string]int64{},
	}
}

func (d *direction) set(settings Settings, isCut bool) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.settings, d.isCut = settings, isCut
	d.lastDue = time.Time{}
	if isCut {
		// What is under way on a line that is cut never arrives.
		d.counters["lost"] += int64(len(d.waiting))
		d.waiting = nil
	}
}

func (d *direction) counts() map[string]int64 {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	counts := map[string]int64{"waiting": int64(len(d.waiting))}
	for name, value := range d.counters {
		counts[name] = value
	}
	return counts
}

func (d *direction) read() {
	buffer := make([]byte, maxPacketBytes)
	for {
		size, err := d.from.Read(buffer)
		if err != nil {
			log.Fatalf("reading packets: %v", err)
		}
		d.take(append([]byte(nil), buffer[:size]...))
	}
}

func (d *direction) chance(percent float64) bool {
	return percent > 0 && d.random.Float64()*100 < percent
}

func (d *direction) take(bytes []byte) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.isCut || d.chance(d.settings.LossPercent) {
		d.counters["lost"]++
		return
	}
	copies := 1
	if d.chance(d.settings.DuplicatePercent) {
		d.counters["doubled"]++
		copies = 2
	}
	for range copies {
		d.enqueue(bytes)
	}
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *direction) enqueue(bytes []byte) {
	if len(d.waiting) >= maxPackets {
		d.counters["overflowed"]++
		return
	}
	now := time.Now()
	due := now
	if rate := d.settings.RateKbps; rate > 0 {
		if d.freeAt.Before(now) {
			d.freeAt = now
		}
		seconds := float64(len(bytes)) * 8 / (rate * 1000)
		d.freeAt = d.freeAt.Add(time.Duration(seconds * float64(time.Second)))
		due = d.freeAt
	}
	if d.chance(d.settings.ReorderPercent) {
		d.counters["reordered"]++
	} else {
		late := d.settings.DelayMs + d.settings.JitterMs*d.random.Float64()
		due = due.Add(time.Duration(late * float64(time.Millisecond)))
		// Only reordering changes the order: jitter alone does not.
		if due.Before(d.lastDue) {
			due = d.lastDue
		}
		d.lastDue = due
	}
	d.number++
	heap.Push(&d.waiting, packet{bytes: bytes, due: due, number: d.number})
}

func (d *direction) write() {
	timer := time.NewTimer(0)
	for {
		select {
		case <-timer.C:
		case <-d.wake:
		}
		for {
			bytes, pause := d.next()
			if bytes == nil {
				timer.Reset(pause)
				break
			}
			// A namespace whose device is not up yet loses packets; so does a line.
			if _, err := d.to.Write(bytes); err != nil {
				d.count("refused")
			} else {
				d.count("delivered")
			}
		}
	}
}

func (d *direction) count(name string) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.counters[name]++
}

// Next is the packet that is due, or how long to wait for one.
func (d *direction) next() ([]byte, time.Duration) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if len(d.waiting) == 0 {
		return nil, time.Hour
	}
	if pause := time.Until(d.waiting[0].due); pause > 0 {
		return nil, pause
	}
	return heap.Pop(&d.waiting).(packet).bytes, 0
}
