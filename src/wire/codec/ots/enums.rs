//! Enumerations of Tablestore messages with their names in the wire's spelling. Decides the
//! spelling of names; never refuses an unknown number, since messages carry plain numbers.

/// Defines a proto2 enumeration whose API names are the wire's.
macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $number:literal $api:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
        #[repr(i32)]
        pub enum $name {
            $($(#[$vdoc])* #[doc = concat!("`", $api, "`.")] $variant = $number,)+
        }

        impl $name {
            /// Every value, in the order of the wire's numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in the wire's spelling.
            pub fn as_api_name(self) -> &'static str {
                match self {
                    $(Self::$variant => $api,)+
                }
            }

            /// The value of that name, case-sensitive; nothing for any other.
            pub fn from_api_name(name: &str) -> Option<Self> {
                match name {
                    $($api => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The name of a number from the wire, or the number itself when it has no name here.
            pub fn api_name_of(number: i32) -> String {
                match Self::try_from(number) {
                    Ok(value) => value.as_api_name().to_string(),
                    Err(_) => number.to_string(),
                }
            }
        }
    };
}

wire_enum! {
    /// What a delivery task delivers.
    DeliveryTaskType {
        /// The rows there are, once.
        Base = 0 "BASE",
        /// Changes only.
        Inc = 1 "INC",
        /// The rows there are, then changes.
        BaseInc = 2 "BASE_INC",
    }
}

wire_enum! {
    /// How far a delivery task has come.
    TaskSyncPhase {
        /// Being set up.
        Init = 0 "INIT",
        /// Delivering the rows there were.
        Full = 1 "FULL",
        /// Delivering changes.
        Incr = 2 "INCR",
    }
}

wire_enum! {
    /// Why a delivery task does not deliver.
    DeliveryError {
        /// No error.
        Ok = 0 "OK",
        /// The role is missing or lacks the permission.
        Unauthorized = 1 "UNAUTHORIZED",
        /// The bucket is missing or in another region.
        InvalidOssBucket = 2 "INVALID_OSS_BUCKET",
    }
}

wire_enum! {
    /// Format of delivered objects.
    ObjectFormat {
        /// Apache Parquet.
        Parquet = 0 "Parquet",
    }
}

wire_enum! {
    /// Formatter of the variables in an object prefix.
    TimeFormatter {
        /// The only one.
        Ydm = 0 "YDMFormatter",
    }
}

wire_enum! {
    /// Format of the text in an event time column. There is no 0.
    EventTimeFormat {
        /// RFC 822.
        Rfc822 = 1 "RFC822",
        /// RFC 850.
        Rfc850 = 2 "RFC850",
        /// RFC 1123.
        Rfc1123 = 3 "RFC1123",
        /// RFC 3339.
        Rfc3339 = 4 "RFC3339",
        /// Unix time.
        Unix = 5 "Unix",
    }
}

wire_enum! {
    /// Type of a Parquet column. Only the first four have a documented Tablestore counterpart.
    ParquetType {
        /// Boolean.
        Bool = 0 "BOOL",
        /// 64-bit integer.
        Int64 = 1 "INT64",
        /// Text.
        Utf8 = 2 "UTF8",
        /// 64-bit floating point.
        Double = 3 "DOUBLE",
        /// Date.
        Date = 4 "DATE",
        /// Decimal.
        Decimal = 5 "DECIMAL",
        /// Time of day in milliseconds.
        TimeMillis = 6 "TIME_MILLIS",
        /// Time of day in microseconds.
        TimeMicros = 7 "TIME_MICROS",
        /// Point in time in milliseconds.
        TimestampMillis = 8 "TIMESTAMP_MILLIS",
        /// Point in time in microseconds.
        TimestampMicros = 9 "TIMESTAMP_MICROS",
        /// List.
        List = 10 "LIST",
        /// Map.
        Map = 11 "MAP",
        /// Interval.
        Interval = 12 "INTERVAL",
        /// 32-bit floating point.
        Float = 13 "FLOAT",
        /// 32-bit integer.
        Int32 = 14 "INT32",
        /// 96-bit integer.
        Int96 = 15 "INT96",
    }
}

wire_enum! {
    /// Encoding of a Parquet column.
    ParquetEncoding {
        /// Plain.
        Plain = 0 "PLAIN",
        /// Dictionary.
        PlainDictionary = 1 "PLAIN_DICTIONARY",
        /// Delta, for integers.
        DeltaBinaryPacked = 2 "DELTA_BINARY_PACKED",
        /// Delta, for byte arrays.
        DeltaByteArray = 3 "DELTA_BYTE_ARRAY",
        /// Delta of lengths.
        DeltaLengthByteArray = 4 "DELTA_LENGTH_BYTE_ARRAY",
    }
}

wire_enum! {
    /// Type of a primary key column.
    PrimaryKeyType {
        /// 64-bit integer.
        Integer = 1 "INTEGER",
        /// Text.
        String = 2 "STRING",
        /// Bytes.
        Binary = 3 "BINARY",
    }
}

wire_enum! {
    /// Option of a primary key column.
    PrimaryKeyOption {
        /// The service assigns ascending values.
        AutoIncrement = 1 "AUTO_INCREMENT",
    }
}

wire_enum! {
    /// Type of a predefined column.
    DefinedColumnType {
        /// 64-bit integer.
        Integer = 1 "DCT_INTEGER",
        /// 64-bit floating point.
        Double = 2 "DCT_DOUBLE",
        /// Boolean.
        Boolean = 3 "DCT_BOOLEAN",
        /// Text.
        String = 4 "DCT_STRING",
        /// Bytes.
        Blob = 7 "DCT_BLOB",
    }
}

wire_enum! {
    /// Who keeps the key of server-side encryption.
    SseKeyType {
        /// The service key of KMS.
        KmsService = 1 "SSE_KMS_SERVICE",
        /// A key of the customer.
        Byok = 2 "SSE_BYOK",
    }
}

wire_enum! {
    /// State of a table.
    TableStatus {
        /// Ready.
        Active = 1 "ACTIVE",
        /// Not usable.
        Inactive = 2 "INACTIVE",
        /// Becoming usable.
        Loading = 3 "LOADING",
        /// Becoming unusable.
        Unloading = 4 "UNLOADING",
        /// Changing.
        Updating = 5 "UPDATING",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_go_both_ways() {
        for &value in ParquetType::ALL {
            assert_eq!(ParquetType::from_api_name(value.as_api_name()), Some(value));
            assert_eq!(ParquetType::try_from(value as i32), Ok(value));
        }
        assert_eq!(
            DeliveryTaskType::from_api_name("BASE_INC"),
            Some(DeliveryTaskType::BaseInc)
        );
        assert_eq!(DeliveryTaskType::from_api_name("base_inc"), None);
        assert_eq!(EventTimeFormat::from_api_name("Unix"), Some(EventTimeFormat::Unix));
        assert_eq!(DefinedColumnType::api_name_of(7), "DCT_BLOB");
        assert_eq!(DefinedColumnType::api_name_of(6), "6");
    }
}
