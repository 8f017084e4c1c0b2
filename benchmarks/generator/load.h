/* What load.c and readers.c know of each other. */
#define _GNU_SOURCE

#define SIZE 100            /* bytes of a message */
#define MARK "~~@"          /* in front of a message's number, of seven digits */
#define MARK_SIZE 10
#define MAX_SOCKETS 20000
#define FIELDS 30           /* properties of the collection that writers change */

struct address { char host[64], path[512]; int port; };

/* readers.c */
extern const char *cookie, *join, *answer;
extern int alive, opening, refused;
void open_socket(const struct address *to);
int edit(unsigned who, int number);
void readable(unsigned who);
int dial(const struct address *to);

/* load.c */
extern double progress;     /* when anything last got on */
double now(void);
void die(const char *reason);
void watch(int fd, unsigned who);
void count(int number, unsigned who, double at);
