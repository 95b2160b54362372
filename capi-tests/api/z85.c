/* Z85. */
#include "probe.h"

int main (void)
{
    static const uint8_t hello[] = {0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b};
    char text[64];
    uint8_t data[64];
    say_ptr (zmq_z85_encode (text, hello, 8), "encode");
    say ("'%s'", text);
    CHECK (strcmp (text, "HelloWorld") == 0);
    for (size_t size = 0; size < 9; ++size) {
        memset (text, 0, sizeof text);
        say_ptr (zmq_z85_encode (text, hello, size), "encode %zu", size);
        say ("'%s'", text);
    }
    for (int byte = 0; byte < 256; ++byte) {
        uint8_t four[4];
        memset (four, byte, sizeof four);
        CHECK (zmq_z85_encode (text, four, 4) == text);
        say ("%d: '%s'", byte, text);
        memset (data, 0x55, sizeof data);
        CHECK (zmq_z85_decode (data, text) == data);
        CHECK (memcmp (data, four, 4) == 0 && data[4] == 0x55);
    }
    /* Each character at each place of a group. */
    for (int place = 0; place < 5; ++place)
        for (int c = 1; c < 256; ++c) {
            char group[6] = "00000";
            group[place] = (char) c;
            memset (data, 0, sizeof data);
            const int good = zmq_z85_decode (data, group) != NULL;
            if (good)
                say ("place %d 0x%02x: %02x%02x%02x%02x", place, c, data[0], data[1], data[2],
                     data[3]);
            else
                say ("place %d 0x%02x: %s", place, c, errno_name (errno));
        }
    static const char *const texts[] = {"",      "0",     "00",    "000",        "0000",
                                        "00000", "#####", "%nSc0", "%nSc1",      "%nSb~",
                                        "zzzzz", "00000000", "HelloWorld", "Hello World",
                                        "HelloWorl", "HelloWorld0"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
        memset (data, 0, sizeof data);
        say_ptr (zmq_z85_decode (data, texts[i]), "decode '%s'", texts[i]);
    }
    return 0;
}
