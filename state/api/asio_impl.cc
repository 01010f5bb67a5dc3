// The one translation unit that holds Asio's compiled half (BOOST_ASIO_SEPARATE_COMPILATION is
// defined for the whole tree), so that the few files that use Asio compile in bearable time.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
