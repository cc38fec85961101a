# SPDX-License-Identifier: GPL-3.0-or-later
#
# The guest of the live test of lab nodes: a boot sector that waits for a byte on the serial line, then reads the
# ISO 9660 volume on the second drive by its BIOS and sends the label, each file's name and its content back. The
# test holds the bytes; they are made by
#     as --32 -o boot.o seedreader.s && ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o boot.bin boot.o
    .intel_syntax noprefix
    .code16
    .globl _start
_start:
    xor ax, ax
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov sp, 0x7c00
    cld
heard:
    mov dx, 0x3fd
    in al, dx
    test al, 1
    jz heard
    mov si, offset hello
    call text
    mov eax, 64
    mov bx, 0x8000
    call read
    jc broken
    cmp dword ptr [0x8001], 0x30304443
    jne broken
    mov si, 0x8028
    mov cx, 32
    call bytes
    mov eax, [0x809e]
    shl eax, 2
    mov bx, 0x9000
    call read
    jc broken
    mov di, 0x9000
record:
    movzx ax, byte ptr [di]
    test ax, ax
    jz finish
    push ax
    test byte ptr [di + 25], 2
    jnz next
    call line
    movzx cx, byte ptr [di + 32]
    lea si, [di + 33]
    call bytes
    call line
    mov eax, [di + 2]
    shl eax, 2
    mov ebp, [di + 10]
piece:
    test ebp, ebp
    jz next
    mov bx, 0xa000
    push eax
    call read
    pop eax
    jc broken
    add eax, 4
    mov ecx, 2048
    cmp ebp, ecx
    jae full
    mov ecx, ebp
full:
    sub ebp, ecx
    mov si, 0xa000
    push eax
    call bytes
    pop eax
    jmp piece
next:
    pop ax
    add di, ax
    jmp record
finish:
    mov si, offset done
    call text
    jmp stop
broken:
    mov si, offset bad
    call text
stop:
    hlt
    jmp stop
read:
    mov [packet + 8], eax
    mov [packet + 4], bx
    mov si, offset packet
    mov ah, 0x42
    mov dl, 0x81
    int 0x13
    ret
line:
    mov al, 10
put:
    push dx
    push ax
    mov dx, 0x3fd
wait:
    in al, dx
    test al, 0x20
    jz wait
    pop ax
    mov dx, 0x3f8
    out dx, al
    pop dx
    ret
text:
    lodsb
    test al, al
    jz back
    call put
    jmp text
back:
    ret
bytes:
    jcxz back
    lodsb
    call put
    dec cx
    jmp bytes
hello:
    .asciz "\nguest up, seed: "
done:
    .asciz "\nend of seed\n"
bad:
    .asciz "no seed\n"
    .balign 4
packet:
    .byte 16, 0
    .word 4
    .word 0, 0
    .long 0, 0
