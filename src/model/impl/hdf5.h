#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ostiary::model {

// The texts among the attributes of an HDF5 file's root group, which is all that Keras says of a model.
struct Hdf5Attributes {
  struct Attribute {
    std::string_view name, text;
  };
  std::vector<Attribute> texts;  // views of the file
  std::string not_read;          // why some are not known; empty: all are
};

bool is_hdf5(std::string_view bytes);

// HDF5 File Format Specification 3.0: superblocks of versions 0 to 3, object headers of both versions with
// their continuations, attribute messages 1 to 3, texts of fixed and of variable length. Nothing else is
// followed: no links, no external files, no filters. Linear; each block is read once. Thread-safe.
//
// Why not libhdf5: it is some 300,000 lines of C with a long list of faults on damaged files, follows links
// to other files and loads filters as plugins; what is wanted of it are a few attributes.
Hdf5Attributes hdf5_attributes(std::string_view bytes);

}  // namespace ostiary::model
