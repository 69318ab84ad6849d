//! The methods every generated call has. They are the same for all operations, so they stand here once.

/// Gives `#[must_use] struct $name(Call<$request>)` its methods; with `read`, those that treat 404 as an answer; with
/// `stream`, those that read an answer as it comes. With both, `read` stands first.
#[doc(hidden)]
#[macro_export]
macro_rules! __call {
    ($name:ident, $request:ty => $response:ty, read, stream) => {
        $crate::__call!($name, $request => $response, read);
        $crate::__stream!($name, $response);
    };
    ($name:ident, $request:ty => $response:ty, stream) => {
        $crate::__call!($name, $request => $response);
        $crate::__stream!($name, $response);
    };
    ($name:ident, $request:ty => $response:ty, read) => {
        $crate::__call!($name, $request => $response);

        impl $name {
            /// Sends the call; an answer of 404 is `None`.
            ///
            /// # Errors
            /// As [`send`](Self::send), but for 404.
            #[inline]
            pub fn send_optional(self) -> impl ::core::future::Future<Output = $crate::Result<
                ::core::option::Option<$crate::Response<$response>>,
            >> {
                self.0.send_optional()
            }

            $crate::__blocking! {
                /// Sends the call and waits for the answer; 404 is `None`.
                ///
                /// # Errors
                /// As [`send_blocking`](Self::send_blocking), but for 404.
                pub fn send_optional_blocking(
                    self,
                ) -> $crate::Result<
                    ::core::option::Option<$crate::Response<$response>>,
                > {
                    self.0.send_optional_blocking()
                }
            }
        }
    };
    ($name:ident, $request:ty => $response:ty) => {
        impl $name {
            /// A call of `client`.
            pub fn new(client: &impl $crate::rt::Client, request: $request) -> Self {
                Self($crate::Call::new(client, request))
            }

            /// Sends the call.
            ///
            /// # Errors
            /// When it can't be sent, is not answered, is answered with an error, or the answer can't be read.
            #[inline]
            pub fn send(self) -> impl ::core::future::Future<Output = $crate::Result<$crate::Response<$response>>> {
                self.0.send()
            }

            /// Sends the call and hands over whatever came, errors included.
            ///
            /// # Errors
            /// When the call can't be sent or is not answered.
            #[inline]
            pub fn send_raw(self) -> impl ::core::future::Future<Output = $crate::Result<$crate::Response<$crate::response::Binary>>> {
                self.0.send_raw()
            }

            $crate::__blocking! {
                /// Sends the call and waits for the answer.
                ///
                /// # Errors
                /// As [`send`](Self::send), and when called inside an async runtime.
                pub fn send_blocking(
                    self,
                ) -> $crate::Result<$crate::Response<$response>> {
                    self.0.send_blocking()
                }

                /// Sends the call, waits, and hands over whatever came, errors included.
                ///
                /// # Errors
                /// As [`send_raw`](Self::send_raw), and when called inside an async runtime.
                pub fn send_raw_blocking(self) -> $crate::Result<$crate::Response<$crate::response::Binary>> {
                    self.0.send_raw_blocking()
                }
            }

            /// Sets options of this call: credentials, headers, timeout, retries.
            pub fn options(
                self,
                options: impl ::core::ops::FnOnce($crate::RequestOptions) -> $crate::RequestOptions,
            ) -> Self {
                Self(self.0.options(options))
            }

            /// The request.
            pub fn request(&self) -> &$request {
                self.0.request()
            }

            /// The request, to change it.
            pub fn request_mut(&mut self) -> &mut $request {
                self.0.request_mut()
            }

            /// Takes the request.
            pub fn into_request(self) -> $request {
                self.0.into_request()
            }

            /// Sets the member of the JSON body at `pointer`, for what the specification gets wrong.
            pub fn set_json(
                self,
                pointer: impl ::core::convert::Into<::std::string::String>,
                value: impl $crate::rt::Serialize,
            ) -> Self {
                Self(self.0.set_json(pointer, value))
            }
        }
    };
}

/// Gives a call whose response is a [`FromStream`](crate::response::FromStream) the methods that read it as it comes.
#[doc(hidden)]
#[macro_export]
macro_rules! __stream {
    ($name:ident, $response:ty) => {
        impl $name {
            /// Sends the call and reads the answer as it comes, in constant memory: status and headers first, then the
            /// items, each of which may take as long as an attempt.
            ///
            /// # Errors
            /// As [`send`](Self::send) before the first item; later, the items' own.
            #[inline]
            pub fn stream(self) -> impl ::core::future::Future<Output = $crate::Result<$crate::Response<$crate::response::Streamed<$response>>>> {
                self.0.stream()
            }

            $crate::__blocking! {
                /// Sends the call and reads the answer as it comes; each step waits for one item.
                ///
                /// # Errors
                /// As [`stream`](Self::stream), and when called inside an async runtime.
                pub fn stream_blocking(
                    self,
                ) -> $crate::Result<$crate::Response<$crate::response::BlockingStreamed<$response>>> {
                    self.0.stream_blocking()
                }
            }
        }
    };
}

/// Keeps its items when this crate has the feature `blocking`. A `cfg` in [`__call`] would ask the calling crate.
#[cfg(feature = "blocking")]
#[doc(hidden)]
#[macro_export]
macro_rules! __blocking {
    ($($item:tt)*) => { $($item)* };
}

/// Drops its items when this crate lacks the feature `blocking`.
#[cfg(not(feature = "blocking"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __blocking {
    ($($item:tt)*) => {};
}
