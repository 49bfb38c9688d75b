// The compiled catalogue as bytes of the program's read-only data. OSTIARY_CATALOG_BLOB is the file that
// catalog_compiler wrote.

__asm__(
    ".pushsection .rodata\n"
    ".global ostiary_catalog_begin\n"
    "ostiary_catalog_begin:\n"
    ".incbin \"" OSTIARY_CATALOG_BLOB
    "\"\n"
    ".global ostiary_catalog_end\n"
    "ostiary_catalog_end:\n"
    ".popsection\n");
