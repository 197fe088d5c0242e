"""The messages of proto/weights.proto. Made by proto/generate.py: edit the schema, then run `make proto`.

The classes live in a descriptor pool of their own, so that other modules made from a schema of the same name can be
loaded beside this one.
"""

from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message_factory import GetMessageClass

DESCRIPTOR = DescriptorPool().AddSerializedFile(
    b'\n\rweights.proto\x12\rnetcc.weights"\x1c\n\tBlobShape\x12\x0f\n\x03d'
    b'im\x18\x01 \x03(\x03B\x02\x10\x01"\x96\x02\n\tBlobProto\x12\x0c\n\x04data\x18\x05 \x03(\x0c\x12\x0c\n\x04diff'
    b"\x18\x06 \x03(\x0c\x12'\n\x05shape\x18\x07 \x01(\x0b2\x18.netcc.weights.BlobShape\x12"
    b'\x13\n\x0bdouble_data\x18\x08 \x03(\x0c\x12\x13\n\x0bdouble_diff\x18\t \x03(\x0c\x12\x10\n\x08raw'
    b'_data\x18\x0c \x01(\x0c\x12\x10\n\x08raw_diff\x18\r \x01(\x0c\x12\x15\n\rraw_data_type\x18\n'
    b' \x01(\x05\x12\x15\n\rraw_diff_type\x18\x0b \x01(\x05\x12\x0e\n\x03num\x18\x01 \x01(\x05:\x010\x12\x13\n\x08c'
    b'hannels\x18\x02 \x01(\x05:\x010\x12\x11\n\x06height\x18\x03 \x01(\x05:\x010\x12\x10\n\x05width\x18\x04 \x01'
    b'(\x05:\x010"U\n\x0eLayerParameter\x12\x0c\n\x04name\x18\x01 \x01(\x0c\x12\x0c\n\x04type\x18\x02 '
    b'\x01(\x0c\x12\'\n\x05blobs\x18\x07 \x03(\x0b2\x18.netcc.weights.BlobProto"W\n\x10'
    b"V0LayerParameter\x12\x0c\n\x04name\x18\x01 \x01(\x0c\x12\x0c\n\x04type\x18\x02 \x01(\x0c\x12'\n\x05"
    b'blobs\x182 \x03(\x0b2\x18.netcc.weights.BlobProto"\x87\x01\n\x10V1Laye'
    b'rParameter\x12.\n\x05layer\x18\x01 \x01(\x0b2\x1f.netcc.weights.V0Laye'
    b"rParameter\x12\x0c\n\x04name\x18\x04 \x01(\x0c\x12\x0c\n\x04type\x18\x05 \x01(\x05\x12'\n\x05blobs\x18"
    b'\x06 \x03(\x0b2\x18.netcc.weights.BlobProto"{\n\x0cNetParameter\x12'
    b'\x0c\n\x04name\x18\x01 \x01(\x0c\x12/\n\x06layers\x18\x02 \x03(\x0b2\x1f.netcc.weights.V1'
    b'LayerParameter\x12,\n\x05layer\x18d \x03(\x0b2\x1d.netcc.weights.La'
    b'yerParameter"\xad\x01\n\x0bSolverState\x12\x0c\n\x04iter\x18\x01 \x01(\x05\x12\x13\n\x0ble'
    b'arned_net\x18\x02 \x01(\x0c\x12)\n\x07history\x18\x03 \x03(\x0b2\x18.netcc.weights'
    b'.BlobProto\x12\x17\n\x0ccurrent_step\x18\x04 \x01(\x05:\x010\x12\x1b\n\x0cminimum_l'
    b'oss\x18\x05 \x01(\x02:\x051e+38\x12\x1a\n\x0fiter_last_event\x18\x06 \x01(\x05:\x010'
)

for _name, _descriptor in DESCRIPTOR.message_types_by_name.items():
    globals()[_name] = GetMessageClass(_descriptor)
for _name, _descriptor in DESCRIPTOR.enum_types_by_name.items():
    globals()[_name] = EnumTypeWrapper(_descriptor)
    globals().update(EnumTypeWrapper(_descriptor).items())
del _name, _descriptor
