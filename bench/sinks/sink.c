/*
 * The fastest SMTP sink we know how to write, for measuring clients: one process, poll(), no copy of the content.
 * EHLO, MAIL, RCPT, DATA, BDAT, RSET, NOOP, VRFY and QUIT; PIPELINING, CHUNKING, 8BITMIME and SIZE are offered.
 * It keeps a ledger of what it took (messages, and octets of content with the dots of RFC 5321 4.5.2 taken out again), so that a
 * benchmark can prove that everything arrived. "ledger" on standard input prints the ledger as JSON and starts a new one.
 * The first line on standard output is {"port":N}. It listens on 127.0.0.1 only and ends with its standard input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define BLOCK (1 << 20)
#define LINE 2048
#define REPLIES (1 << 16)
#define SESSIONS 512
#ifdef __linux__
#define SKIP MSG_TRUNC /* what BDAT carries is of no interest here: the kernel may throw it away (tcp(7)) */
#else
#define SKIP 0
#endif
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

enum mode { COMMAND, DATA, BDAT };
/* Where DATA stands: inside a line, after its CR, at a line's start, after a dot there, after a dot and a CR. */
enum place { INSIDE, CR, START, DOT, DOT_CR };

struct session {
  int fd, closing, mail, recipients, refused, last;
  enum mode mode;
  enum place place;
  uint64_t left, octets;
  size_t line_length, reply_length;
  char line[LINE], replies[REPLIES];
};

static struct session *sessions[SESSIONS];
static struct pollfd polled[SESSIONS + 2];
static int count;
static char block[BLOCK];
static uint64_t messages, octets, connections, faults;
static struct rusage since;

static void say(struct session *s, const char *text, size_t length) {
  if (s->reply_length + length > REPLIES) { /* the client sends and does not read: it is no use to measure it */
    faults++;
    s->closing = 1;
    return;
  }
  memcpy(s->replies + s->reply_length, text, length);
  s->reply_length += length;
}
#define SAY(s, text) say(s, text "\r\n", sizeof(text "\r\n") - 1)

static void reset(struct session *s) {
  s->mail = s->recipients = s->refused = 0;
  s->octets = 0;
}

static void took(struct session *s) {
  messages++;
  octets += s->octets;
  reset(s);
  SAY(s, "250 2.0.0 Ok: taken");
}

static void command(struct session *s, char *line) {
  char verb[5] = {0};
  for (int i = 0; i < 4 && line[i]; i++) verb[i] = (char)toupper((unsigned char)line[i]);
  if (!strcmp(verb, "MAIL")) {
    reset(s);
    s->mail = 1;
    SAY(s, "250 2.1.0 Ok");
  } else if (!strcmp(verb, "RCPT") && s->mail) {
    s->recipients++;
    SAY(s, "250 2.1.5 Ok");
  } else if (!strcmp(verb, "DATA") && s->recipients) {
    s->mode = DATA;
    s->place = START;
    SAY(s, "354 Go on");
  } else if (!strcmp(verb, "BDAT")) {
    char *end;
    s->left = strtoull(line + 4, &end, 10);
    s->last = strcasestr(end, "LAST") != NULL;
    s->refused = !s->recipients;
    s->mode = BDAT;
  } else if (!strcmp(verb, "EHLO")) {
    SAY(s, "250-sink.bench.example\r\n250-PIPELINING\r\n250-SIZE\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 CHUNKING");
  } else if (!strcmp(verb, "HELO") || !strcmp(verb, "NOOP") || !strcmp(verb, "VRFY")) {
    SAY(s, "250 2.0.0 Ok");
  } else if (!strcmp(verb, "RSET")) {
    reset(s);
    SAY(s, "250 2.0.0 Ok");
  } else if (!strcmp(verb, "QUIT")) {
    SAY(s, "221 2.0.0 Bye");
    s->closing = 1;
  } else {
    faults++;
    SAY(s, "503 5.5.1 Not understood here");
  }
}

static void chunk_done(struct session *s) {
  s->mode = COMMAND;
  if (s->refused) {
    faults++;
    SAY(s, "503 5.5.1 No transaction");
  } else if (s->last) {
    took(s);
  } else {
    SAY(s, "250 2.0.0 Ok: chunk");
  }
}

/* Takes octets of DATA and returns how many; stops behind the end of the content. */
static size_t data(struct session *s, const char *from, size_t length) {
  const char *at = from, *end = from + length;
  while (at < end) {
    if (s->place == INSIDE) {
      /* A dot is rarer than a CR, and only a dot behind CRLF is of interest. A CRLF cut in two never gets here: place was CR. */
      const char *dot = memchr(at, '.', end - at), *stop = dot ? dot : end;
      s->octets += stop - at;
      if (stop - at >= 2 && stop[-1] == '\n' && stop[-2] == '\r') {
        s->place = START;
      } else if (dot) {
        s->octets++;
        stop++;
      } else if (end[-1] == '\r') {
        s->place = CR;
      }
      at = stop;
      continue;
    }
    char c = *at++;
    if (s->place == DOT_CR) {
      if (c == '\n') {
        s->mode = COMMAND;
        took(s);
        return at - from;
      }
      s->octets++; /* the CR */
      s->place = c == '\r' ? CR : INSIDE;
      s->octets++;
    } else if (s->place == START && c == '.') {
      s->place = DOT; /* not counted: it ends the content or was added for transparency */
    } else if (s->place == DOT && c == '\r') {
      s->place = DOT_CR;
    } else {
      s->place = s->place == CR && c == '\n' ? START : c == '\r' ? CR : INSIDE;
      s->octets++;
    }
  }
  return length;
}

static void take(struct session *s, char *at, size_t length) {
  char *end = at + length;
  while (at < end && !s->closing) {
    if (s->mode == DATA) {
      at += data(s, at, end - at);
    } else if (s->mode == BDAT) {
      uint64_t part = s->left < (uint64_t)(end - at) ? s->left : (uint64_t)(end - at);
      s->left -= part;
      s->octets += part;
      at += part;
      if (s->left == 0) chunk_done(s);
    } else {
      char *lf = memchr(at, '\n', end - at);
      size_t part = (lf ? lf + 1 : end) - at;
      if (s->line_length + part >= LINE) {
        faults++;
        s->closing = 1;
        return;
      }
      char *line = at;
      if (s->line_length || !lf) {
        memcpy(s->line + s->line_length, at, part);
        s->line_length += part;
        line = s->line;
      }
      at += part;
      if (!lf) return;
      if (line == s->line) {
        line[s->line_length - 1] = 0;
        s->line_length = 0;
      } else {
        *lf = 0;
      }
      command(s, line);
      if (s->mode == BDAT && s->left == 0) chunk_done(s);
    }
  }
}

static void flush(struct session *s) {
  while (s->reply_length) {
    ssize_t sent = send(s->fd, s->replies, s->reply_length, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN && errno != EINTR) s->closing = 1, s->reply_length = 0;
      return;
    }
    memmove(s->replies, s->replies + sent, s->reply_length - sent);
    s->reply_length -= sent;
  }
}

static void hear(struct session *s) {
  int skip = s->mode == BDAT && s->left >= BLOCK;
  ssize_t got = recv(s->fd, block, BLOCK, skip ? SKIP : 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) s->closing = 1, s->reply_length = 0;
  else take(s, block, got);
  flush(s);
}

static void welcome(int listener) {
  int fd = accept(listener, NULL, NULL), on = 1;
  if (fd < 0) return;
  if (count == SESSIONS) {
    faults++;
    close(fd);
    return;
  }
  fcntl(fd, F_SETFL, O_NONBLOCK);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct session *s = calloc(1, sizeof *s);
  s->fd = fd;
  sessions[count++] = s;
  connections++;
  SAY(s, "220 sink.bench.example ESMTP");
  flush(s);
}

static double cpu_us(struct rusage *now) {
  getrusage(RUSAGE_SELF, now);
  return (now->ru_utime.tv_sec - since.ru_utime.tv_sec + now->ru_stime.tv_sec - since.ru_stime.tv_sec) * 1e6 +
         (now->ru_utime.tv_usec - since.ru_utime.tv_usec + now->ru_stime.tv_usec - since.ru_stime.tv_usec);
}

static void report(void) {
  char line[64];
  ssize_t got = read(0, line, sizeof line);
  if (got <= 0) exit(0);
  struct rusage now;
  double cpu = cpu_us(&now);
  printf("{\"messages\":%llu,\"octets\":%llu,\"connections\":%llu,\"faults\":%llu,\"cpuUs\":%.0f}\n", (unsigned long long)messages,
         (unsigned long long)octets, (unsigned long long)connections, (unsigned long long)faults, cpu);
  fflush(stdout);
  messages = octets = connections = faults = 0;
  since = now;
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) || listen(listener, 128)) return perror("sink"), 1;
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    polled[0] = (struct pollfd){.fd = 0, .events = POLLIN};
    polled[1] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (int i = 0; i < count; i++)
      polled[i + 2] = (struct pollfd){.fd = sessions[i]->fd, .events = sessions[i]->reply_length ? POLLOUT : POLLIN};
    int listened = count;
    if (poll(polled, listened + 2, -1) < 0) continue;
    for (int i = 0; i < listened; i++) {
      if (polled[i + 2].revents & POLLOUT) flush(sessions[i]);
      else if (polled[i + 2].revents) hear(sessions[i]);
    }
    if (polled[1].revents) welcome(listener);
    for (int i = count - 1; i >= 0; i--) {
      struct session *s = sessions[i];
      if (!s->closing || s->reply_length) continue;
      close(s->fd);
      free(s);
      sessions[i] = sessions[--count];
    }
    if (polled[0].revents) report();
  }
}
