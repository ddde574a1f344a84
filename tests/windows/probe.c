/* Owns what the tests do as another Windows program: look at a pipe, take its name first, end a process, print a secret.
 * It knows the product only from outside. Each command prints what it found on one line. */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <aclapi.h>
#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int told(const char *what)
{
    printf("%s error %lu\n", what, GetLastError());
    return 1;
}

static HANDLE open_pipe(const char *pipe)
{
    DWORD flags = SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION;
    return CreateFileA(pipe, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
}

/* sddl PIPE: its owner and its list of grants, as the system gives them back. */
static int sddl(const char *pipe)
{
    PSECURITY_DESCRIPTOR descriptor;
    char *text;
    DWORD wanted = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    HANDLE handle = open_pipe(pipe);
    if (handle == INVALID_HANDLE_VALUE)
        return told("open");
    if (GetSecurityInfo(handle, SE_KERNEL_OBJECT, wanted, NULL, NULL, NULL, NULL, &descriptor))
        return told("ask");
    if (!ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor, SDDL_REVISION_1, wanted, &text, NULL))
        return told("convert");
    printf("%s\n", text);
    return 0;
}

static HANDLE make_pipe(const char *pipe, const char *sddl, DWORD first)
{
    SECURITY_ATTRIBUTES attributes = { sizeof attributes, NULL, FALSE };
    if (sddl && !ConvertStringSecurityDescriptorToSecurityDescriptorA(sddl, SDDL_REVISION_1,
                                                                      &attributes.lpSecurityDescriptor, NULL))
        return INVALID_HANDLE_VALUE;
    return CreateNamedPipeA(pipe, PIPE_ACCESS_DUPLEX | first, PIPE_TYPE_BYTE | PIPE_READMODE_BYTE,
                            PIPE_UNLIMITED_INSTANCES, 4096, 4096, 0, sddl ? &attributes : NULL);
}

/* squat PIPE SDDL: takes the name, says so, waits for one caller, and tells how many bytes it sent before it left. */
static int squat(const char *pipe, const char *sddl)
{
    char bytes[4096];
    DWORD count = 0;
    HANDLE handle = make_pipe(pipe, sddl, FILE_FLAG_FIRST_PIPE_INSTANCE);
    if (handle == INVALID_HANDLE_VALUE)
        return told("make");
    printf("ready\n");
    fflush(stdout);
    if (!ConnectNamedPipe(handle, NULL) && GetLastError() != ERROR_PIPE_CONNECTED && GetLastError() != ERROR_NO_DATA)
        return told("connect");
    if (!ReadFile(handle, bytes, sizeof bytes, &count, NULL))
        count = 0;
    printf("%lu bytes\n", count);
    return 0;
}

/* end NUMBER: ends a process at once. */
static int end(const char *number)
{
    HANDLE process = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, (DWORD)atoi(number));
    if (!process || !TerminateProcess(process, 9))
        return told("end");
    WaitForSingleObject(process, INFINITE);
    printf("ended\n");
    return 0;
}

static int run(char *line, PROCESS_INFORMATION *made)
{
    STARTUPINFOA startup = { sizeof startup };
    return CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, made);
}

/* leave TEXT: prints the text and ends, and leaves a program behind that holds its output. */
static int leave(const char *text)
{
    char line[MAX_PATH + 16] = "\"";
    PROCESS_INFORMATION made;
    GetModuleFileNameA(NULL, line + 1, MAX_PATH);
    strcat(line, "\" linger 100");
    printf("%s\n", text);
    fflush(stdout);
    return run(line, &made) ? 0 : told("run");
}

/* lend LINE: runs the line with a handle that it inherits, and tells whether anybody still holds it when the line has
 * ended. */
static int lend(char *line)
{
    SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
    HANDLE ours, theirs;
    PROCESS_INFORMATION made;
    DWORD waiting;
    if (!CreatePipe(&ours, &theirs, &inherited, 0))
        return told("pipe");
    SetHandleInformation(ours, HANDLE_FLAG_INHERIT, 0);
    if (!run(line, &made))
        return told("run");
    CloseHandle(theirs);
    WaitForSingleObject(made.hProcess, INFINITE);
    printf(PeekNamedPipe(ours, NULL, 0, NULL, &waiting, NULL) ? "held\n" : "free\n");
    return 0;
}

int main(int count, char **words)
{
    const char *command = count > 1 ? words[1] : "";
    if (count == 3 && !strcmp(command, "sddl"))
        return sddl(words[2]);
    if (count == 4 && !strcmp(command, "squat"))
        return squat(words[2], words[3]);
    if (count == 3 && !strcmp(command, "end"))
        return end(words[2]);
    if (count == 3 && !strcmp(command, "leave"))
        return leave(words[2]);
    if (count == 3 && !strcmp(command, "lend"))
        return lend(words[2]);
    if (count == 3 && !strcmp(command, "print"))
        return printf("%s\n", words[2]) < 0;
    if (count == 3 && !strcmp(command, "show"))
        return printf("%s\n", getenv(words[2]) ? getenv(words[2]) : "-") < 0;
    if (count == 3 && !strcmp(command, "linger")) {
        Sleep(1000 * atoi(words[2]));
        return 0;
    }
    if (count == 3 && !strcmp(command, "exit"))
        return atoi(words[2]);
    return 64;
}
