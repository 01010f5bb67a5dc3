// The one translation unit that holds Asio's compiled half (BOOST_ASIO_SEPARATE_COMPILATION is
// defined for the whole tree), so that the few files that use Asio compile in bearable time.
//
// With optimization, g++ 12 warns about null pointers inside Asio's scheduler.
#pragma GCC diagnostic ignored "-Wnull-dereference"

#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
