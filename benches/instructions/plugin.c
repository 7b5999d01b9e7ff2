/*
 * A QEMU plugin that counts the instructions of every guest thread into a file that is mapped
 * into memory, so that the benchmark can read the count at any moment while the guest runs.
 *
 *   cc -shared -fPIC -O2 -o instructions.so instructions.c
 *   qemu-x86_64 -plugin file=instructions.so,out=COUNTS PROGRAM
 *
 * COUNTS holds SLOTS numbers of 64 bits in the machine's byte order; their sum is the count. One
 * slot for each virtual CPU, so that no thread loses the count of another.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The part of QEMU's plugin interface that is used here; Debian ships no header for it. */
typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
typedef void (*translated_t)(qemu_plugin_id_t id, struct qemu_plugin_tb *block);
typedef void (*executed_t)(unsigned int vcpu, void *data);
extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, translated_t callback);
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, executed_t callback,
                                                 int registers, void *data);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);

#ifndef INTERFACE
#define INTERFACE 1
#endif
__attribute__((visibility("default"))) int qemu_plugin_version = INTERFACE;

enum { NO_REGISTERS = 0, SLOTS = 512 };

static uint64_t *counts;

static void executed(unsigned int vcpu, void *data)
{
    counts[vcpu % SLOTS] += (uintptr_t)data;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(block, executed, NO_REGISTERS,
                                         (void *)(uintptr_t)qemu_plugin_tb_n_insns(block));
}

__attribute__((visibility("default"))) int
qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
    (void)info;
    if (argc != 1 || strncmp(argv[0], "out=", 4) != 0) {
        fprintf(stderr, "instructions: expected out=FILE\n");
        return 1;
    }
    int file = open(argv[0] + 4, O_RDWR | O_CREAT, 0600);
    if (file < 0 || ftruncate(file, SLOTS * sizeof *counts) != 0) {
        perror(argv[0] + 4);
        return 1;
    }
    counts = mmap(NULL, SLOTS * sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (counts == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
